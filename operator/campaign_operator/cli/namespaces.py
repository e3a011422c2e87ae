"""Which namespaces a command is about: those that are named, or all."""

import typer


def chosen_namespaces(named: list[str] | None, all_namespaces: bool) -> tuple[str, ...]:
    """The namespaces, each once; none means all. Raises typer.BadParameter unless exactly one way is taken."""
    if all_namespaces == bool(named):
        raise typer.BadParameter("specify either --namespace (repeatable) or --all-namespaces")
    return tuple(dict.fromkeys(named or ()))
