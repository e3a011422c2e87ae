"""The simulated token endpoint: OAuth 2.0 client credentials, as RFC 6749 says in 4.4 and 5.

Owns clients, tokens and scopes. It does not know what a scope allows to do with which campaign.
"""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

from campaign_sandbox.server_answers import Answer, RefusedError, refused_with
from campaign_sandbox.simulator.simulator_settings import Client

CAMPAIGN_WRITE = "outbound:campaign:write"
CONTACT_READ = "outbound:contact:read"
ANALYTICS_READ = "analytics:read"
SCOPES = frozenset({CAMPAIGN_WRITE, CONTACT_READ, ANALYTICS_READ})

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class _Token:
    client: Client
    scopes: frozenset[str]
    expires_at: datetime


class TokenIssuer:
    """Issues bearer tokens and knows which of them still count."""

    def __init__(self, clients: Iterable[Client], lifetime_seconds: int, now: Callable[[], datetime]) -> None:
        self._clients = {client.id: client for client in clients}
        self._lifetime_seconds = lifetime_seconds
        self._now = now
        self._tokens: dict[str, _Token] = {}
        self.issued = 0

    def issue(self, authorization: str | None, content_type: str | None, body: bytes) -> Answer:
        """Answer a token request. Raises RefusedError in OAuth's own error form (RFC 6749, 5.2)."""
        client = self._authenticate(authorization)
        scopes = _requested_scopes(content_type, body)
        now = self._now()
        self._tokens = {text: token for text, token in self._tokens.items() if now < token.expires_at}
        access_token = secrets.token_urlsafe(32)
        expires_at = now + timedelta(seconds=self._lifetime_seconds)
        self._tokens[access_token] = _Token(client, scopes, expires_at)
        self.issued += 1
        return Answer(
            HTTPStatus.OK,
            {"access_token": access_token, "expires_in": self._lifetime_seconds, "token_type": "Bearer"},
            {"Cache-Control": "no-store"},
        )

    def expire_all(self) -> None:
        """Make every token issued so far invalid at once."""
        self._tokens.clear()

    def bearer(self, authorization: str | None, scope: str) -> Client:
        """The client behind a bearer token.

        Raises RefusedError: 401 without a valid token, 403 without the scope.
        """
        kind, _, text = (authorization or "").partition(" ")
        token = self._tokens.get(text.strip()) if kind.lower() == "bearer" else None
        if token is None or self._now() >= token.expires_at:
            raise refused_with(
                HTTPStatus.UNAUTHORIZED,
                "invalid_token",
                "the access token is missing, unknown or expired",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if scope not in token.scopes:
            raise refused_with(HTTPStatus.FORBIDDEN, "insufficient_scope", f"the access token lacks the scope {scope}")
        return token.client

    def _authenticate(self, authorization: str | None) -> Client:
        client_id, client_secret = _basic_credentials(authorization)
        client = self._clients.get(client_id)
        if client is None or not secrets.compare_digest(client.secret.encode(), client_secret.encode()):
            raise _oauth_error(
                HTTPStatus.UNAUTHORIZED,
                "invalid_client",
                "client authentication by HTTP Basic failed",
                {"WWW-Authenticate": 'Basic realm="token"'},
            )
        return client


def _basic_credentials(authorization: str | None) -> tuple[str, str]:
    kind, _, text = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        client_id, _, client_secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, client_secret


def _requested_scopes(content_type: str | None, body: bytes) -> frozenset[str]:
    if (content_type or "").partition(";")[0].strip().lower() != _FORM:
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", f"the body must be {_FORM}")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
    except ValueError:
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", "the form cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", "a parameter is repeated")
    if "grant_type" not in form:
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "unsupported_grant_type", "grant_type must be client_credentials")
    scopes = frozenset(form.get("scope", "").split(" ")) - {""}
    if not scopes or not scopes <= SCOPES:
        raise _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_scope", f"scope must be of {' '.join(sorted(SCOPES))}")
    return scopes


def _oauth_error(status: int, error: str, description: str, headers: dict[str, str] | None = None) -> RefusedError:
    return RefusedError(
        Answer(
            status,
            {"error": error, "error_description": description},
            {"Cache-Control": "no-store", **(headers or {})},
        )
    )
