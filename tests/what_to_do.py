"""Whether a message says what is to be done, or what the operator does about it."""

import re

from campaign_operator.api.conditions import Reason

NOTHING_TO_DO = {
    *(Reason.ACCEPTED, Reason.SUSPENDED, Reason.PLANNED, Reason.SUBMITTED, Reason.STARTED, Reason.RUN_IN_PROGRESS),
    *(Reason.SCHEDULE_ADOPTED, Reason.EDIT_APPLIES_TO_NEXT_RUN, Reason.SCHEDULES_CANCELLED, Reason.RESOLVED),
    *(Reason.COMPLETED, Reason.NOTHING_TO_CALL, Reason.CANCELLED, Reason.READING_CONTACTS, Reason.CONTACTS_READ),
    *(Reason.WINDOW_STARTED_LATE, Reason.NOT_VERIFIED, Reason.ANALYTICS_READ, Reason.WEBHOOK_PENDING),
    Reason.WEBHOOK_DELIVERED,
}
"""They say how things are, and that is all."""

ASKS = re.compile(
    r"\b(check|create|correct|set|grant|use|restore|delete|cancel|remove|update|run|write|give|add|change|compare"
    r"|raise|ask|did you mean|must (be|have)|is not a (valid|number)|is missing"
    r"|waits until|the operator (tries|looks|checks|does)|keeps the higher|belongs to another|numbers are)\b"
)
"""A verb for whoever reads it, what a value must be, or what the operator does."""


def says_what_to_do(reason: str, message: str) -> bool:
    """Whether it does, or there is nothing to do."""
    return reason in NOTHING_TO_DO or ASKS.search(message) is not None
