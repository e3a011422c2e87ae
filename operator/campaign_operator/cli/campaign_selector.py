"""The option that selects campaigns by their labels, the same for `run`, `check` and `detach`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from campaign_operator.domain.campaigns.label_selector import LabelSelector

CampaignSelector = Annotated[
    str,
    typer.Option(
        "--campaign-selector",
        help="Only the campaigns whose labels match this label selector, such as team=sales or 'tier in (a, b)'.",
        show_default=False,
    ),
]


def chosen_selector(text: str) -> "LabelSelector":
    """The selector; an empty one means every campaign. Raises typer.BadParameter where it is none."""
    from campaign_operator.domain.campaigns.label_selector import BadSelectorError, LabelSelector

    try:
        return LabelSelector.parse(text)
    except BadSelectorError as error:
        raise typer.BadParameter(str(error), param_hint="--campaign-selector") from None
