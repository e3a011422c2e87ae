"""Reads a dialer connection out of the keys of its Secret; says what is wrong without ever quoting a value."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.dialing.connection import DEFAULT_SCOPE, Connection
from campaign_operator.domain.problem import Problem

# becomes part of a host name, so nothing that could end the host part of a URL may be in it
_ENVIRONMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,3}")

_MAX_VALUE = 2048


class _SecretInvalidError(Exception):
    pass


def parse_connection(secret_name: str, data: Mapping[str, bytes]) -> Connection | Problem:
    """The connection in the Secret's data, or a Problem that names the key, the rule and the remedy."""
    try:
        client_id, client_secret = _value(data, "client-id"), _value(data, "client-secret")
        host = f"https://{_environment(data)}.niceincontact.com"
        return Connection(
            client_id=client_id,
            client_secret=client_secret,
            token_url=_url(data, "token-url", f"{host}/api/v2/oauth/token"),
            api_base_url=_url(data, "api-base-url", host).rstrip("/"),
            scope=_value(data, "scope", DEFAULT_SCOPE),
        )
    except _SecretInvalidError as error:
        return Problem(Reason.SECRET_INVALID, f'Secret "{secret_name}": {error}')


def text_of(data: Mapping[str, bytes], key: str) -> str:
    """The value of a key as text. Raises ValueError that says what is wrong, without the value."""
    try:
        return _value(data, key)
    except _SecretInvalidError as error:
        raise ValueError(str(error)) from None


def _value(data: Mapping[str, bytes], key: str, default: str | None = None) -> str:
    raw = data.get(key)
    if raw is None:
        if default is not None:
            return default
        raise _SecretInvalidError(f"key {key} is missing")
    try:
        # an editor or `echo` leaves a newline at the end, which nobody means
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _SecretInvalidError(f"key {key} is not UTF-8 text") from None
    if not text:
        raise _SecretInvalidError(f"key {key} is empty")
    if len(text) > _MAX_VALUE or not text.isprintable():
        raise _SecretInvalidError(f"key {key} is longer than {_MAX_VALUE} characters or has control characters")
    return text


def _environment(data: Mapping[str, bytes]) -> str:
    environment = _value(data, "environment")
    if not _ENVIRONMENT.fullmatch(environment):
        raise _SecretInvalidError("key environment must be a lower-case host label such as na1")
    return environment


def _url(data: Mapping[str, bytes], key: str, default: str) -> str:
    text = _value(data, key, default)
    try:
        parts = urlsplit(text)
        sound = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
        # the port is read only when asked for, and may be no number
        sound = sound and (parts.port is None or parts.port > 0) and not parts.query and not parts.fragment
    except ValueError:
        sound = False
    if not sound:
        raise _SecretInvalidError(f"key {key} must be an https URL with a host and without user information or query")
    return text
