"""Structured logs: JSON in a cluster, readable lines in a terminal, on stderr.

Every line of the operator's own and of kopf's goes through here. Lines carry namespace, name and run. What must never
be in them (secrets, tokens, contact ids, bodies of answers) is kept out where it is handled; here, exceptions are told
without the values of their frames.
"""

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]


def configure(log_format: LogFormat, level: LogLevel = "info") -> None:
    """Send structlog's and the standard library's records of that level and above to stderr in one format."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    renderer: structlog.types.Processor
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=plain, timestamp_key="time"
        )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    tail: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info if log_format == "json" else _keep,
        renderer,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_in_one_line)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=tail))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # these tell each request with its URL, or each event with what handled it
    for name in ("httpx", "httpcore", "asyncio", "aiohttp.access", "kubernetes", "kopf.objects"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


_CLOSING = "an error occurred during closing of asynchronous generator"
"""At the end of the process, of kopf's generators: asyncio closes the inner and the outer one at the same time."""


def _in_one_line(record: logging.LogRecord) -> bool:
    """kopf tells of a watch that ends with a hundred lines of its own frames, and names the error in its message.
    asyncio tells of an error that nobody waited for with its message, which may hold anything.
    """
    if record.name.startswith("kopf"):
        record.exc_info = record.exc_text = None
    elif record.name == "asyncio":
        line = record.getMessage().partition("\n")[0]
        if line.startswith(_CLOSING):
            return False
        kind = record.exc_info[0] if record.exc_info else None
        record.msg, record.args = line if kind is None else f"{line}: {kind.__name__}", ()
        record.exc_info = record.exc_text = None
    return True


def _keep(_: object, __: str, event_dict: structlog.types.EventDict) -> structlog.types.EventDict:
    return event_dict
