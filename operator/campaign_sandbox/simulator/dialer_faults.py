"""What can be made to go wrong with the simulated dialer.

Owns the rules that know the dialer's calls; effects on the connection itself, the counters and the order of
rules are described in `campaign_sandbox.fault_rules`. A rule as JSON:

    {"match": {"call": "submit", "campaignId": "8f14e45f", "timezone": "Europe/London"},
     "effect": {"kind": "answer", "status": 429, "headers": {"Retry-After": "7"}}, "times": 2, "after": 1}

`match.call` is one of token, submit, list, cancel, analytics. `campaignId` is optional (an analytics query
matches when it asks for that campaign among others; a token request names none), and so is `timezone` (of the
submitted or cancelled schedule; the other calls name none). Besides the effects on the connection there are:

- `noId` (submit): carried out; 201 with a body that names no id.
- `notJson` (all but cancel): carried out; the same status with an HTML page.
- `oversized` (all but cancel): carried out; the answer is made longer by `bytes` (2 MiB), and with
  `chunked` (false) its length is not told beforehand.
- `notOffered` (list, cancel): not carried out; answered with `status` 404, 405 or 501 (405).
- `page` (list, analytics): a `shape` of `empty` (no rows), `wrongTypes`, `absurdPages` (a thousand million of
  them) or, for analytics only, `fewerCalls` (half of every number).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from campaign_sandbox.fault_rules import AnswerInstead, CountedRule, Cut, Delay, Reset, Strict, Withhold

ApiCall = Literal["token", "submit", "list", "cancel", "analytics"]


class NoId(Strict):
    kind: Literal["noId"] = "noId"


class NotJson(Strict):
    kind: Literal["notJson"] = "notJson"


class Oversized(Strict):
    kind: Literal["oversized"] = "oversized"
    bytes: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)] = 2 * 1024 * 1024
    chunked: bool = False


class NotOffered(Strict):
    kind: Literal["notOffered"] = "notOffered"
    status: Literal[404, 405, 501] = 405


class PageFault(Strict):
    kind: Literal["page"] = "page"
    shape: Literal["empty", "wrongTypes", "absurdPages", "fewerCalls"]


Effect = Annotated[
    AnswerInstead | Reset | Withhold | Cut | Delay | NoId | NotJson | Oversized | NotOffered | PageFault,
    Field(discriminator="kind"),
]

_WITH_BODY = frozenset({"token", "submit", "list", "analytics"})
_ONLY_FOR: dict[str, frozenset[str]] = {
    "noId": frozenset({"submit"}),
    "notJson": _WITH_BODY,
    "oversized": _WITH_BODY,
    "notOffered": frozenset({"list", "cancel"}),
    "page": frozenset({"list", "analytics"}),
}


class RequestMatch(Strict):
    """Which requests a rule is about."""

    call: ApiCall
    campaign_id: str | None = None
    timezone: str | None = None

    def covers(self, call: ApiCall, campaign_ids: tuple[str, ...], time_zone: str | None) -> bool:
        return (
            call == self.call
            and (self.campaign_id is None or self.campaign_id in campaign_ids)
            and (self.timezone is None or self.timezone == time_zone)
        )


class FaultRule(CountedRule):
    """One rule: what goes wrong with which requests, from when on and how often."""

    match: RequestMatch
    effect: Effect

    @model_validator(mode="after")
    def _match_can_hold(self) -> Self:
        if self.match.campaign_id is not None and self.match.call == "token":
            raise ValueError("match.campaignId: a token request names no campaign")
        if self.match.timezone is not None and self.match.call not in ("submit", "cancel"):
            raise ValueError("match.timezone: only submit and cancel are about one zone")
        return self

    @model_validator(mode="after")
    def _effect_suits_the_call(self) -> Self:
        suited = _ONLY_FOR.get(self.effect.kind)
        if suited is not None and self.match.call not in suited:
            raise ValueError(f"effect.kind {self.effect.kind} is for {', '.join(sorted(suited))} only")
        if isinstance(self.effect, PageFault) and self.effect.shape == "fewerCalls" and self.match.call != "analytics":
            raise ValueError("effect.shape fewerCalls is for analytics only")
        return self


class FaultRules(Strict):
    """The body of `PUT /_faults`."""

    rules: list[FaultRule]


def read_rule(text: str) -> FaultRule:
    """Read one rule from JSON. Raises pydantic's ValidationError."""
    return TypeAdapter(FaultRule).validate_json(text)
