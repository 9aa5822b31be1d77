"""Every failure that CityLedger names.

Errors know nothing of HTTP or exit codes: `kg.serve` and `kg.cli` each own one table that maps them.
"""

from collections.abc import Sequence


class KgError(Exception):
    """A failure with a name; the message is one line a person can act on.

    Attributes:
        code: stable kebab-case name, the same in logs, problem types and documentation.
    """

    code = "error"

    @property
    def summary(self) -> str:
        """The message as one line: the first of several faults, and how many there are beside it."""
        first, *more = str(self).splitlines() or [""]
        return f"{first} (and {len(more)} more)" if more else first


class CuratedDataError(KgError):
    """A curated file breaks its own rules. The message starts with file:line."""

    code = "curated-data"


class ShapeViolationError(KgError):
    """The graph built from the curated files breaks a shape."""

    code = "shape-violation"


class SnapshotError(KgError):
    """A snapshot is missing, damaged or not a snapshot."""

    code = "snapshot"


class UnknownReleaseError(KgError):
    """No release of this id is known here."""

    code = "unknown-release"


class ReleaseGoneError(KgError):
    """A release was published here and can no longer be read here; the message says how to build it again."""

    code = "release-gone"


class ConfigError(KgError):
    """A setting cannot be used; the message names the setting and where its value came from."""

    code = "config"


class BadRequestError(KgError):
    """A request contradicts itself or is not whole, whatever it asks."""

    code = "bad-request"


class SlowRequestError(KgError):
    """A client takes too long to send its request."""

    code = "request-timeout"


class QueryRefusedError(KgError):
    """A query asks for what is never done here: writing, federation, or a shape that is only an attack.

    Attributes:
        reason: short kebab-case name of the rule, such as `update`, `service` or `nesting`.
    """

    code = "query-refused"

    def __init__(self, message: str, reason: str = "policy") -> None:
        """Keep the name of the rule beside the message."""
        super().__init__(message)
        self.reason = reason


class QuerySyntaxError(KgError):
    """A text is not a SPARQL 1.1 query.

    Attributes:
        line: line of the first place that cannot be read, from 1; None when unknown.
        column: column in that line, from 1; None when unknown.
    """

    code = "query-syntax"

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        """Keep the position beside the message."""
        super().__init__(message)
        self.line = line
        self.column = column


class QueryTimeoutError(KgError):
    """A query reached its deadline and was stopped.

    Attributes:
        seconds: the deadline, from the arrival of the request.
    """

    code = "query-timeout"

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        """Keep the deadline beside the message."""
        super().__init__(message)
        self.seconds = seconds


class QueryTooLargeError(KgError):
    """A query, or what it needs or gives, is larger than a limit.

    Attributes:
        limit: which one: `query-bytes`, `answer-bytes` or `memory`.
    """

    code = "query-too-large"

    def __init__(self, message: str, limit: str) -> None:
        """Keep the name of the limit beside the message."""
        super().__init__(message)
        self.limit = limit


class EngineBusyError(KgError):
    """No worker is free and the queue is full, or the engine is being replaced.

    Attributes:
        retry_after_s: whole seconds after which a new try makes sense, at least 1.
    """

    code = "busy"

    def __init__(self, message: str = "too many queries at once", retry_after_s: int = 1) -> None:
        """Keep the waiting time beside the message."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ClientBudgetError(KgError):
    """One client has used up its minute.

    Attributes:
        retry_after_s: whole seconds until enough of it has come back, at least 1.
    """

    code = "client-budget"

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        """Keep the waiting time beside the message."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnknownQuestionError(KgError):
    """No saved question has this name."""

    code = "unknown-question"


class ParameterError(KgError):
    """A parameter of a question or of a request has a value that cannot be used.

    Attributes:
        parameter: its name as the client wrote it.
        expected: the form in words.
        example: a value that would work.
    """

    code = "parameter"

    def __init__(self, parameter: str, expected: str, example: str = "", message: str = "") -> None:
        """Build the message from the parts unless one is given."""
        super().__init__(message or f"{parameter}: expected {expected}" + (f", such as {example}" if example else ""))
        self.parameter = parameter
        self.expected = expected
        self.example = example


class NotAcceptableError(KgError):
    """No media type that the client accepts can carry this answer.

    Attributes:
        offered: the media types that could.
    """

    code = "not-acceptable"

    def __init__(self, message: str, offered: Sequence[str] = ()) -> None:
        """Keep the possible types beside the message."""
        super().__init__(message)
        self.offered = tuple(offered)
