"""Copy-ready lines that ask a question from other tools."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from kg.catalog.records import Form

_SAFE: Final = ":"


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for one tool; `language` is a word for highlighting."""

    tool: str
    language: str
    text: str


def snippets(
    address: str, name: str, pairs: tuple[tuple[str, str], ...], form: Form = Form.SELECT
) -> tuple[Snippet, ...]:
    """Return lines for curl, Python, R and spreadsheets.

    `address` is that of the service without a final slash, `pairs` the parameters as given.
    """
    query = f"?{urlencode(pairs, safe=_SAFE)}" if pairs else ""
    suffix = "csv" if form is Form.SELECT else "ttl"
    url = f"{address}/questions/{name}.{suffix}{query}"
    found = [Snippet("curl", "sh", f"curl -L '{url.replace(chr(39), '%27')}'")]
    if form is not Form.SELECT:
        return tuple(found)
    values = ", ".join(f"{key!r}: {_python_value(pairs, key)}" for key in dict(pairs))
    keywords = f", **{{{values}}}" if values else ""
    csv_url = url.replace('"', "%22")
    found += [
        Snippet("Python", "python", f"import kg\n\nrows = kg.open({address!r}).ask({name!r}{keywords})"),
        Snippet("pandas", "python", f'import pandas\n\ntable = pandas.read_csv("{csv_url}")'),
        Snippet("R", "r", f'table <- read.csv("{csv_url}", encoding = "UTF-8", na.strings = "")'),
        Snippet("Google Sheets, LibreOffice", "text", f'=IMPORTDATA("{csv_url}")'),
    ]
    return tuple(found)


def _python_value(pairs: tuple[tuple[str, str], ...], key: str) -> str:
    values = [value for name, value in pairs if name == key]
    return repr(values[0]) if len(values) == 1 else repr(values)
