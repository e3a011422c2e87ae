"""What a server of the sandbox answers, as a value.

Owns the shape of an answer and of a refusal, free of any HTTP library, so that the rules which decide an
answer, and the faults which distort one, are plain functions.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

_JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer. `payload` is JSON; None is an answer without a body."""

    status: int
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None
    """A body that is sent as it stands, as text, in place of `payload`."""
    chunked: bool = False
    """Sent without telling its length beforehand."""

    @property
    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw.encode()
        return b"" if self.payload is None else json.dumps(self.payload).encode()

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers with the body's type, unless `headers` names one itself."""
        if not self.body or "content-type" in {name.lower() for name in self.headers}:
            return dict(self.headers)
        return {"Content-Type": _JSON if self.raw is None else "text/plain; charset=utf-8", **self.headers}

    def on_the_wire(self) -> tuple[bytes, bytes]:
        """Head and body in the bytes of HTTP/1.1, for those who cut an answer themselves."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.all_headers.items()]
        if self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), self.body


class RefusedError(Exception):
    """Raised where a rule is broken; carries the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with {answer.status}")
        self.answer = answer


def refused_with(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> RefusedError:
    """A refusal of the API: a word for programs, `error`, and a sentence for people, `message`."""
    return RefusedError(Answer(status, {"error": error, "message": message}, headers or {}))
