"""What can be made to go wrong with any server of the sandbox, and when.

Owns the effects that need no knowledge of what is served, and the book of rules that decides whose turn it
is. A rule has a part that says which requests it is about (each server has its own), an `effect`, and two
counters:

- `after`: so many matching requests pass unharmed first (default 0);
- `times`: so often it fires, then it is spent (default: always).

Rules are asked in order; the first that fires decides, and those behind it do not see the request. The
effects:

- `answer`: answers with `status`, `headers` ({}) and `body` (none; a string as it stands, anything else as
  JSON); `retryAfterDateSeconds` (none) adds a Retry-After date so far from now; `carryOut` (false) does
  first what was asked, and then denies it.
- `reset`: the connection is reset (TCP RST), before or, with `carryOut` (false), after the request was
  carried out.
- `withhold`: carried out unless `carryOut` (true) says otherwise, and never answered; the connection stays
  until the client gives up.
- `cut`: carried out; the answer stops in the middle of its `where`, `head` or `body` (`body`), and the
  connection is closed.
- `delay`: waits `beforeSeconds` (0) before and `afterSeconds` (0) after carrying out. What was delayed is
  carried out even if the client has gone meanwhile.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

HeaderName = Annotated[str, StringConstraints(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$")]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]

_SET_BY_THE_SERVER = frozenset({"connection", "content-length", "transfer-encoding"})
_WITHOUT_BODY = frozenset({204, 304})


class Strict(BaseModel):
    """JSON in camelCase, nothing unknown, nothing converted."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True, strict=True)


class AnswerInstead(Strict):
    kind: Literal["answer"] = "answer"
    status: Annotated[int, Field(ge=200, le=599)]
    headers: dict[HeaderName, HeaderValue] = {}
    body: JsonValue = None
    retry_after_date_seconds: Annotated[int, Field(ge=-3600, le=86400 * 366)] | None = None
    carry_out: bool = False

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if taken := _SET_BY_THE_SERVER & {name.lower() for name in self.headers}:
            raise ValueError(f"headers: {', '.join(sorted(taken))} is set by the server")
        if self.body is not None and self.status in _WITHOUT_BODY:
            raise ValueError(f"body: an answer with {self.status} has none")
        return self


class Reset(Strict):
    kind: Literal["reset"] = "reset"
    carry_out: bool = False


class Withhold(Strict):
    kind: Literal["withhold"] = "withhold"
    carry_out: bool = True


class Cut(Strict):
    kind: Literal["cut"] = "cut"
    where: Literal["head", "body"] = "body"


class Delay(Strict):
    kind: Literal["delay"] = "delay"
    before_seconds: Seconds = 0
    after_seconds: Seconds = 0


ConnectionEffect = AnswerInstead | Reset | Withhold | Cut | Delay


class CountedRule(Strict):
    """The counters every rule has."""

    after: Annotated[int, Field(ge=0)] = 0
    times: Annotated[int, Field(ge=1)] | None = None


RuleT = TypeVar("RuleT", bound=CountedRule)


@dataclass
class _Counted(Generic[RuleT]):
    rule: RuleT
    seen: int = 0
    fired: int = 0

    @property
    def spent(self) -> bool:
        return self.rule.times is not None and self.fired >= self.rule.times


class RuleBook(Generic[RuleT]):
    """The rules in force, in order, each with how often it matched and fired."""

    def __init__(self, rules: Iterable[RuleT] = ()) -> None:
        self._counted = [_Counted(rule) for rule in rules]

    def replace(self, rules: Iterable[RuleT], where: Callable[[RuleT], bool] = lambda _: True) -> None:
        """Put `rules` in the place of those for which `where` holds; the others keep their counters."""
        kept = [counted for counted in self._counted if not where(counted.rule)]
        self._counted = [*kept, *(_Counted(rule) for rule in rules)]

    def take(self, applies: Callable[[RuleT], bool]) -> RuleT | None:
        """The rule that fires for a request, if any; every rule that was asked and applies has counted it."""
        for counted in self._counted:
            if counted.spent or not applies(counted.rule):
                continue
            counted.seen += 1
            if counted.seen > counted.rule.after:
                counted.fired += 1
                return counted.rule
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The rules as JSON, with their counters `seen` and `fired`."""
        return [
            counted.rule.model_dump(mode="json", by_alias=True) | {"seen": counted.seen, "fired": counted.fired}
            for counted in self._counted
        ]


def problems(error: ValidationError) -> str:
    """What is wrong with a JSON text, each problem as `field.path: what is wrong`, without the value."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
