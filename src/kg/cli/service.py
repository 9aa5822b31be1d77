"""kg serve and kg config."""

import json

import click

from kg.cli.options import Context, place_options


@click.command()
@place_options
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--texts", type=click.Path(), help="Folder of the source texts, to show passages (KG_TEXTS).")
@click.option("--port", type=int, help="Port to listen on (default 8000; 0 lets the system choose).")
@click.pass_obj
def serve(
    context: Context, root: str | None, snapshots: str | None, host: str | None, port: int | None, texts: str | None
) -> None:
    """Serve the current release over HTTP until interrupted."""
    from kg.serve.server import serve as run  # A server is not needed by the other commands.

    run(context.settings(root=root, snapshots_dir=snapshots, host=host, port=port, texts=texts))


@click.command()
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print the settings as JSON.")
@click.pass_obj
def config(context: Context, root: str | None, snapshots: str | None, as_json: bool) -> None:
    """Print every setting, its value, and where the value came from."""
    settings = context.settings(root=root, snapshots_dir=snapshots)
    values = {name: getattr(settings, name) for name in settings.__slots__ if name != "origins"}
    if values["store_credentials"]:
        values["store_credentials"] = "(set, not shown)"
    if as_json:
        records = {
            name: {
                "value": value if isinstance(value, int | float | bool) else str(value),
                "from": settings.origins.get(name, "default"),
            }
            for name, value in values.items()
        }
        click.echo(json.dumps(records, indent=1))
        return
    for name, value in values.items():
        shown = " ".join(value) if isinstance(value, tuple) else value
        click.echo(f"{name:18} {shown!s:40} {settings.origins.get(name, 'default')}")


COMMANDS = (serve, config)
