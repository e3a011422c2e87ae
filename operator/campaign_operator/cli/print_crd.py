"""`campaign-operator crd`."""

import typer


def crd() -> None:
    """Print the CustomResourceDefinition."""
    from campaign_operator.api.crd import render_crd

    typer.echo(render_crd(), nl=False)
