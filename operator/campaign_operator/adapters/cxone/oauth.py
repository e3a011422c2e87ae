"""Access tokens by OAuth 2 client credentials (RFC 6749, section 4.4), fetched once however many wait.

Owns the tokens, their life and the memory of refusals. Nobody else sees a client secret on its way out; no
token or secret is in a `repr`, a message or a key. Knows nothing of what the tokens are used for.

HTTP Basic carries `client-id:client-secret` as they are. RFC 6749, section 2.3.1, wants both form-encoded
first, but the dialer's API is described with plain Basic, and so do most servers; the two differ only for
characters that issued credentials seldom have.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from campaign_operator.adapters.credentials import basic_credentials, credentials_key
from campaign_operator.adapters.outbound.answers import NO_BODY, UnreadableAnswerError, json_object, retry_after_seconds
from campaign_operator.adapters.outbound.exchange import Answered, Forbidden, HTTPExchange, OutgoingRequest
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.outcomes import AccessRefused, DestinationRefused, Throttled, Unavailable
from campaign_operator.engine.ports import Clock
from campaign_operator.observability import metrics
from campaign_operator.observability.metrics import RequestOutcome

_ASSUMED_LIFETIME_SECONDS = 300.0
_SHORTEST_LIFETIME_SECONDS = 1.0
_LONGEST_LIFETIME_SECONDS = 86_400.0
_LARGEST_MARGIN_SECONDS = 60.0
_REFUSAL_REMEMBERED_SECONDS = 5.0
_FAULT_REMEMBERED_SECONDS = 1.0
_LONGEST_REMEMBERED_SECONDS = 60.0

_HEADER_SAFE = re.compile(r"[\x21-\x7e]{1,16384}")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token, to be used until `fresh_until` on the monotonic clock. Two are never equal."""

    value: str = field(repr=False)
    fresh_until: float


TokenOutcome = Token | AccessRefused | DestinationRefused | Throttled | Unavailable
"""A token, or why there is none (and then nothing was sent to the dialer itself)."""


@dataclass(slots=True)
class _Entry:
    outcome: TokenOutcome | None = None
    kept_until: float = 0.0
    flight: asyncio.Task[TokenOutcome] | None = None


class TokenProvider:
    """Fetches tokens and keeps them by credentials: another client secret or scope is another token."""

    def __init__(self, exchange: HTTPExchange, clock: Clock, *, timeout_seconds: float = 10.0) -> None:
        self._exchange = exchange
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._entries: dict[str, _Entry] = {}

    async def token(self, connection: Connection) -> TokenOutcome:
        """A fresh token from memory or from the token endpoint.

        Whoever asks while a request is under way shares its outcome; a caller who gives up leaves it to the
        others. A failure is remembered for a few seconds (as long as the endpoint asks, up to a minute), so
        that hundreds of campaigns on one bad Secret cost one request and not hundreds.
        """
        key = credentials_key(connection)
        entry = self._entries.setdefault(key, _Entry())
        if entry.outcome is not None and self._clock.monotonic() < entry.kept_until:
            return entry.outcome
        if entry.flight is None:
            entry.flight = asyncio.create_task(self._fetch_into(entry, key, connection))
        return await asyncio.shield(entry.flight)

    def discard(self, connection: Connection, refused: Token) -> None:
        """Forget a token that the dialer has refused, unless another has taken its place already."""
        entry = self._entries.get(credentials_key(connection))
        if entry is not None and entry.outcome is refused:
            entry.outcome = None

    async def aclose(self) -> None:
        """End the requests under way; those who wait for them are cancelled."""
        flights = [entry.flight for entry in self._entries.values() if entry.flight is not None]
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _fetch_into(self, entry: _Entry, key: str, connection: Connection) -> TokenOutcome:
        begun = self._clock.monotonic()
        try:
            outcome = await self._fetch(connection, key, begun)
            metrics.tokens_fetched.labels(_counted_as(outcome)).inc()
            entry.outcome = outcome
            entry.kept_until = _kept_until(outcome, begun, self._clock.monotonic())
        finally:
            entry.flight = None
            self._forget_what_is_over()
        return outcome

    def _forget_what_is_over(self) -> None:
        now = self._clock.monotonic()
        self._entries = {key: entry for key, entry in self._entries.items() if entry.flight or now < entry.kept_until}

    async def _fetch(self, connection: Connection, pool: str, begun: float) -> TokenOutcome:
        basic = basic_credentials(connection)
        form = {"grant_type": "client_credentials"}
        if connection.scope:
            form["scope"] = connection.scope
        request = OutgoingRequest(
            pool,
            "POST",
            connection.token_url,
            headers={
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=urlencode(form).encode(),
            secrets=(connection.client_secret, basic),
            owner=connection.owner,
        )
        outcome = await self._exchange.send(request, deadline_seconds=self._timeout_seconds)
        match outcome:
            case Answered():
                return self._answered(outcome, begun)
            case Forbidden(message):
                return DestinationRefused(f"token-url: {message}")
            case _:
                return Unavailable(f"token endpoint: {outcome.message}")

    def _answered(self, answer: Answered, begun: float) -> TokenOutcome:
        said = f": {answer.reason}" if answer.reason else ""
        if answer.status in (400, 401, 403):
            return AccessRefused(answer.status, "token endpoint", f"the token endpoint answered {answer.status}{said}")
        if answer.status == 429:
            wait = retry_after_seconds(answer.headers.get("retry-after"), self._clock.now())
            return Throttled(wait, f"the token endpoint answered 429{said}")
        if not 200 <= answer.status < 300:
            return Unavailable(f"the token endpoint answered {answer.status}{said}")
        try:
            return _read_token(answer.body, begun)
        except UnreadableAnswerError as error:
            return Unavailable(f"the token endpoint's answer cannot be used: {error}")


def _read_token(body: bytes | None, begun: float) -> Token:
    if body is None:
        raise UnreadableAnswerError(NO_BODY)
    found = json_object(body)
    value = found.get("access_token")
    if not isinstance(value, str) or not _HEADER_SAFE.fullmatch(value):
        raise UnreadableAnswerError("it has no usable access_token")
    kind = found.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise UnreadableAnswerError("its token_type is not Bearer")
    lifetime = _lifetime_seconds(found)
    return Token(value, begun + lifetime - min(lifetime / 10, _LARGEST_MARGIN_SECONDS))


def _lifetime_seconds(found: Mapping[str, object]) -> float:
    """`expires_in`, bounded; an assumption where it is missing or absurd (a 401 tells of a token too old)."""
    stated = found.get("expires_in")
    if isinstance(stated, str) and _NUMBER.fullmatch(stated):
        stated = float(stated)
    if isinstance(stated, bool) or not isinstance(stated, (int, float)) or stated <= 0:
        return _ASSUMED_LIFETIME_SECONDS
    return float(min(max(stated, _SHORTEST_LIFETIME_SECONDS), _LONGEST_LIFETIME_SECONDS))


def _counted_as(outcome: TokenOutcome) -> RequestOutcome:
    match outcome:
        case Token():
            return RequestOutcome.SUCCESS
        case AccessRefused() | DestinationRefused():
            return RequestOutcome.REFUSED
        case Throttled():
            return RequestOutcome.THROTTLED
        case Unavailable():
            return RequestOutcome.UNAVAILABLE


def _kept_until(outcome: TokenOutcome, begun: float, now: float) -> float:
    match outcome:
        case Token():
            return outcome.fresh_until
        case AccessRefused() | DestinationRefused():
            return now + _REFUSAL_REMEMBERED_SECONDS
        case Throttled(wait):
            asked = _REFUSAL_REMEMBERED_SECONDS if wait is None else wait
            return now + min(max(asked, _FAULT_REMEMBERED_SECONDS), _LONGEST_REMEMBERED_SECONDS)
        case Unavailable():
            return now + _FAULT_REMEMBERED_SECONDS
