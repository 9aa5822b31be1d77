"""One rule and where it is kept."""

import re
from dataclasses import dataclass
from pathlib import Path

_STAGE = re.compile(r"^#\s*stage:\s*([0-9]+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One CONSTRUCT query: its name (the file's), the stage that it runs in, its text."""

    name: str
    stage: int
    text: str

    @property
    def where(self) -> str:
        """The file, as messages name it."""
        return f"ontology/rules/{self.name}.rq"


def read_rules(folder: Path) -> tuple[Rule, ...]:
    """Return the rules of a folder in the order in which they run: by stage, then by name."""
    rules = []
    for path in sorted(folder.glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        stage = _STAGE.search(text)
        rules.append(Rule(name=path.stem, stage=int(stage[1]) if stage else 1, text=text))
    return tuple(sorted(rules, key=lambda rule: (rule.stage, rule.name)))
