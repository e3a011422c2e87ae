"""The value of a key of a Secret, as text; says what is wrong with it without ever quoting it."""

from collections.abc import Mapping

_MAX_VALUE = 2048


class SecretValueError(ValueError):
    """The key has no usable value; the message names the key and the rule."""


def secret_text(data: Mapping[str, bytes], key: str, default: str | None = None) -> str:
    """The value of a key, without blanks around it; `default` where the key is missing. Raises SecretValueError."""
    raw = data.get(key)
    if raw is None:
        if default is not None:
            return default
        raise SecretValueError(f"key {key} is missing")
    try:
        # an editor or `echo` leaves a newline at the end, which nobody means
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SecretValueError(f"key {key} is not UTF-8 text") from None
    if not text:
        raise SecretValueError(f"key {key} is empty")
    if len(text) > _MAX_VALUE or not text.isprintable():
        raise SecretValueError(f"key {key} is longer than {_MAX_VALUE} characters or has control characters")
    return text
