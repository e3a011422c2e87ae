"""Reads a connection to NICE CXone out of the keys of its Secret; says what is wrong without ever quoting a value."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from campaign_operator.api.conditions import Reason
from campaign_operator.domain.dialing.connection import Connection
from campaign_operator.domain.dialing.secret_value import SecretValueError, secret_text
from campaign_operator.domain.problem import Problem

# becomes part of a host name, so nothing that could end the host part of a URL may be in it
_ENVIRONMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,3}")

DEFAULT_SCOPE = "outbound:campaign:write outbound:contact:read analytics:read"


def parse_connection(secret_name: str, data: Mapping[str, bytes]) -> Connection | Problem:
    """The connection in the Secret's data, or a Problem that names the key, the rule and the remedy."""
    try:
        client_id, client_secret = secret_text(data, "client-id"), secret_text(data, "client-secret")
        host = f"https://{_environment(data)}.niceincontact.com"
        return Connection(
            client_id=client_id,
            client_secret=client_secret,
            token_url=_url(data, "token-url", f"{host}/api/v2/oauth/token"),
            api_base_url=_url(data, "api-base-url", host).rstrip("/"),
            scope=secret_text(data, "scope", DEFAULT_SCOPE),
        )
    except SecretValueError as error:
        return Problem(Reason.SECRET_INVALID, f'Secret "{secret_name}": {error}')


def _environment(data: Mapping[str, bytes]) -> str:
    environment = secret_text(data, "environment")
    if not _ENVIRONMENT.fullmatch(environment):
        raise SecretValueError("key environment must be a lower case host label, such as na1")
    return environment


def _url(data: Mapping[str, bytes], key: str, default: str) -> str:
    text = secret_text(data, key, default)
    try:
        parts = urlsplit(text)
        sound = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
        # the port is read only when asked for, and may be no number
        sound = sound and (parts.port is None or parts.port > 0) and not parts.query and not parts.fragment
    except ValueError:
        sound = False
    if not sound:
        raise SecretValueError(f"key {key} must be an https URL with a host and without user information or query")
    return text
