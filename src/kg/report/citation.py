"""How to cite a page of a release: as text, BibTeX and CSL-JSON."""

import json
import re
from dataclasses import dataclass
from typing import Final

from kg.charts.lettering import clean

PUBLISHER: Final = "CityLedger"
_LATEX: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a citation names.

    Attributes:
        title: of the question, report, entity or whole dataset.
        kind: `question`, `report`, `entity` or `dataset`.
        url: where it answers; it should name the release, so that it stays what was cited.
        release: the release that answered.
        issued: day on which the release was made (`YYYY-MM-DD`), or None where that is not known.
    """

    title: str
    kind: str
    url: str
    release: str
    issued: str | None = None

    def text(self) -> str:
        """Return the citation as one line."""
        year = f" ({self.issued[:4]})" if self.issued else ""
        end = "" if self.title.rstrip().endswith((".", "?", "!")) else "."
        return f"{PUBLISHER}{year}. {clean(self.title)}{end} Release {self.release}. {self.url}"

    def bibtex(self) -> str:
        """Return the citation for BibTeX, with what is special to TeX escaped."""
        fields = {
            "author": "{" + PUBLISHER + "}",
            "title": "{" + _tex(self.title) + "}",
            "year": self.issued[:4] if self.issued else None,
            "version": self.release,
            "publisher": PUBLISHER,
            "url": re.sub(r"[{}\\\s]", "", self.url),
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@misc{{{self.key()},\n" + ",\n".join(lines) + "\n}\n"

    def csl_json(self) -> str:
        """Return the citation as CSL-JSON, a list of one item."""
        item: dict[str, object] = {
            "id": self.key(),
            "type": "report" if self.kind == "report" else "dataset",
            "title": clean(self.title),
            "author": [{"literal": PUBLISHER}],
            "publisher": PUBLISHER,
            "version": self.release,
            "URL": self.url,
        }
        if self.issued:
            item["issued"] = {"date-parts": [[int(part) for part in self.issued.split("-")]]}
        return json.dumps([item], ensure_ascii=False, indent=1) + "\n"

    def key(self) -> str:
        """Return the key of the entry: letters, digits and hyphens."""
        words = re.findall(r"[a-z0-9]+", self.title.lower())[:5]
        return "-".join(["cityledger", *words, self.release[:8]])


def _tex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in clean(text))
