"""The screen of `kubectl campaign list`.

Pure: the time, the width and whether there are colours are given.
"""

from collections.abc import Sequence
from datetime import datetime

from campaign_operator.preview.columns import BOLD, DIM, GREEN, RED, YELLOW, Paint, aligned
from campaign_operator.wording import cut, printable
from kubectl_campaign.attention import WORDS, Attention, attention_to, order_of
from kubectl_campaign.clock_words import until_words
from kubectl_campaign.seen_campaign import SeenCampaign

_HEADER = ("NAME", "STATE", "PROGRESS", "NEXT RUN", "NEEDS", "WHY")
_LEAST_WHY = 20

_COLOUR_OF = {
    Attention.ACT: RED,
    Attention.UNSEEN: RED,
    Attention.BLOCKED: YELLOW,
    Attention.LOOK: YELLOW,
    Attention.RETRYING: YELLOW,
}


def campaign_list(
    campaigns: Sequence[SeenCampaign], now: datetime, *, everywhere: bool, colours: bool = False, width: int | None
) -> str:
    """A line for each campaign, what needs a person first. Without a width, nothing is cut; where there is little room,
    NEXT RUN makes way for WHY.
    """
    paint = Paint(colours)
    found = [(seen, *attention_to(seen, now)) for seen in campaigns]
    ordered = sorted(found, key=lambda each: order_of(each[0], each[1]))
    rows = [_row(seen, level, why, now, everywhere=everywhere) for seen, level, why in ordered]
    header = ("NAMESPACE", *_HEADER) if everywhere else _HEADER
    lines = aligned([header, *rows])
    if width is not None and width < lines[0].index("WHY") + _LEAST_WHY:
        without = header.index("NEXT RUN")
        lines = aligned([(*row[:without], *row[without + 1 :]) for row in (header, *rows)])
    if width is not None:
        lines = [cut(line, max(width, lines[0].index("WHY") + _LEAST_WHY)) for line in lines]
    head, *body = lines
    painted = [_painted(paint, line, seen, level) for line, (seen, level, _) in zip(body, ordered, strict=True)]
    return "\n".join([paint(head, DIM), *painted, ""])


def _row(seen: SeenCampaign, level: Attention, why: str, now: datetime, *, everywhere: bool) -> tuple[str, ...]:
    status = seen.status
    starts = _time_of(status.next_run_time or "")
    cells = (
        seen.name,
        status.state or "-",
        status.progress or "-",
        until_words(starts, now) if starts is not None else "-",
        WORDS[level],
        why,
    )
    return tuple(printable(cell) for cell in ((seen.namespace, *cells) if everywhere else cells))


def _time_of(text: str) -> datetime | None:
    """None for what another version, or somebody by hand, wrote in another form."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _painted(paint: Paint, line: str, seen: SeenCampaign, level: Attention) -> str:
    if level is Attention.NONE:
        return paint(line, GREEN) if seen.status.state == "Running" else line
    return paint(paint(line, _COLOUR_OF[level]), BOLD) if level is Attention.ACT else paint(line, _COLOUR_OF[level])
