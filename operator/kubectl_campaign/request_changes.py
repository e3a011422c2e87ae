"""`kubectl campaign suspend`, `resume` and `retry`: what a person asks of the operator by a patch."""

from typing import TYPE_CHECKING

import typer

from kubectl_campaign.cluster_options import (
    CampaignName,
    ContextOption,
    KubeconfigOption,
    NamespaceOption,
    TimeoutOption,
    resource_called,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubectl_campaign.seen_campaign import SeenCampaign

WAIT_SECONDS = 60.0


def suspend(
    name: CampaignName,
    namespace: NamespaceOption = None,
    timeout: TimeoutOption = WAIT_SECONDS,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Cancel what has not started, and submit nothing until you resume. Calls that have started continue.

    Waits until the dialer has no schedule left that has not started. Exits with status 1 if the dialer cannot cancel
    one, which it will dial.
    """
    done = _changed(
        name,
        (namespace, context, kubeconfig),
        {"spec": {"suspend": True}},
        lambda asked: lambda seen: _has_handled(seen, asked) and _is_cancelled(seen),
        timeout,
        "the schedules are not cancelled",
    )
    typer.echo(f"{resource_called(name)} suspended")
    if timeout:
        _say_ready(done)
        _end_if_it_will_dial(done)


def resume(
    name: CampaignName,
    namespace: NamespaceOption = None,
    timeout: TimeoutOption = WAIT_SECONDS,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Take up a suspended campaign again. Waits until the operator has planned it."""
    done = _changed(
        name,
        (namespace, context, kubeconfig),
        {"spec": {"suspend": False}},
        lambda asked: lambda seen: _has_handled(seen, asked),
        timeout,
        "the operator has not taken it up",
    )
    typer.echo(f"{resource_called(name)} resumed")
    if timeout:
        _say_ready(done)


def retry(
    name: CampaignName,
    namespace: NamespaceOption = None,
    timeout: TimeoutOption = WAIT_SECONDS,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Have the operator look again now, and retry what was refused.

    Use this after you have fixed something that Kubernetes does not show, for example at the dialer. It does not
    shorten the waits that the dialer asks for, and never sends anything twice.
    """
    from datetime import UTC, datetime

    from campaign_operator.api.vocabulary import REQUESTED_AT_ANNOTATION

    value = datetime.now(UTC).isoformat(timespec="microseconds")
    done = _changed(
        name,
        (namespace, context, kubeconfig),
        {"metadata": {"annotations": {REQUESTED_AT_ANNOTATION: value}}},
        lambda _: lambda seen: seen.status.last_handled_request == value,
        timeout,
        "the operator has not looked again",
    )
    typer.echo(f"{resource_called(name)} looked at again" if timeout else f"{resource_called(name)} annotated")
    if timeout:
        _say_ready(done)


def _changed(
    name: str,
    where: tuple[str | None, str | None, str | None],
    change: "Mapping[str, object]",
    handled: "Callable[[SeenCampaign], Callable[[SeenCampaign], bool]]",
    seconds: float,
    otherwise: str,
) -> "SeenCampaign":
    """The campaign after the change, once the operator has handled it. Ends the command where that is not so."""
    from kubectl_campaign.kubeconfig import Target
    from kubectl_campaign.operator_answers import await_campaign
    from kubectl_campaign.plugin_error import PluginError, refuse
    from kubectl_campaign.seen_campaign import SeenCampaign
    from kubectl_campaign.user_cluster import UserCluster

    try:
        cluster = UserCluster(Target(*where))
        asked = SeenCampaign.of(cluster.patch(name, change))
        return await_campaign(cluster, name, handled(asked), seconds, otherwise) if seconds else asked
    except PluginError as error:
        refuse(error)


def _has_handled(seen: "SeenCampaign", asked: "SeenCampaign") -> bool:
    return seen.status.observed_generation >= asked.generation


def _is_cancelled(seen: "SeenCampaign") -> bool:
    return seen.status.state != "Cancelling"


def _say_ready(seen: "SeenCampaign") -> None:
    from campaign_operator.api.conditions import ConditionType
    from campaign_operator.wording import printable

    ready = seen.condition(ConditionType.READY)
    if ready is not None:
        typer.echo(printable(f"{ready.reason}: {ready.message}"))


def _end_if_it_will_dial(seen: "SeenCampaign") -> None:
    """The campaign is suspended, and what was to be stopped is not."""
    from campaign_operator.api.conditions import ConditionType, Reason

    ready = seen.condition(ConditionType.READY)
    if ready is not None and ready.reason == Reason.CANNOT_CANCEL:
        raise typer.Exit(1)
