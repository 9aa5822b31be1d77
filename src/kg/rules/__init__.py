"""What follows from the stated facts: SPARQL CONSTRUCT rules, run to a fixpoint.

A rule is one file of `ontology/rules/`. Rules of one stage run again and again until none of them says anything new;
a rule whose answer could shrink when facts are added (NOT EXISTS, COUNT) belongs to a later stage than the rules
that add those facts.
"""

from kg.rules.rule import Rule, read_rules
from kg.rules.running import INFERRED, infer, infer_files

__all__ = ["INFERRED", "Rule", "infer", "infer_files", "read_rules"]
