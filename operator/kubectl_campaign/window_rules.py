"""Which rules of the calling hours moved, shortened or skipped the windows of a zone, found anew from the spec.

Owns that a rule which cannot be found is said to be elsewhere, and never guessed.
"""

from collections.abc import Sequence
from datetime import datetime

from campaign_operator.api.v1alpha1 import OutboundCampaignSpec
from campaign_operator.api.vocabulary import StartMode
from campaign_operator.domain.planning.blueprint import DEFAULT_TIME_ZONE
from campaign_operator.domain.planning.calling_hours import CallingHours
from campaign_operator.domain.planning.deciding_rules import DecidingRule, deciding_rules
from campaign_operator.domain.planning.windows import Window, place
from campaign_operator.domain.planning.zones import load_zone
from kubectl_campaign.seen_campaign import SeenCampaign

_RUN_ID = "%Y%m%dT%H%M"


def rules_of_zone(
    seen: SeenCampaign, spec: OutboundCampaignSpec, hours: CallingHours, zone: str
) -> dict[tuple[str, str], Sequence[DecidingRule]]:
    """By run and adjustment, the rules that made it."""
    found: dict[tuple[str, str], list[DecidingRule]] = {}
    clock = load_zone(zone)
    is_local = spec.start_mode is StartMode.CONTACT_LOCAL
    for run in seen.status.runs:
        nominal = datetime.strptime(run.id, _RUN_ID)  # noqa: DTZ007 - a match of cron has no time zone
        match = place(nominal, clock if is_local else load_zone(spec.time_zone or DEFAULT_TIME_ZONE)).instant
        day = nominal.date() if is_local else match.astimezone(clock).date()
        for window in run.windows:
            if window.time_zone == zone:
                times = Window(start=window.start_time, end=window.end_time, adjustments=window.adjustments)
                for rule in deciding_rules(hours, zone, day, match, times):
                    found.setdefault((run.id, rule.adjustment), []).append(rule)
    return dict(found)
