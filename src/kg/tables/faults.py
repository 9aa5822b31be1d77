"""What is wrong with a table, in words that say where and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing that a curator must mend.

    Attributes:
        file: path of the file as the curator knows it, such as `data/actor.csv`.
        line: physical line counted from 1; 0 for the file as a whole.
        column: name of the column, empty for the row or file as a whole.
        value: the cell as written.
        rule: what it breaks, in words.
        repair: what to do.
    """

    file: str
    line: int
    column: str = ""
    value: str = ""
    rule: str
    repair: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        column = f" column {self.column}:" if self.column else ""
        value = f" {self.value!r}:" if self.value else ""
        return f"{where}:{column}{value} {self.rule}. {self.repair}"
