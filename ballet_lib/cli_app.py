"""`ballet app`."""

import argparse
import json
import sys

from ballet_lib.cli_command import command, positive


def _app_arguments(parser: argparse.ArgumentParser) -> None:
    from ballet_lib.app.pages import LIMIT
    from ballet_lib.app.server import PORT

    parser.add_argument("--port", type=_port, default=PORT, metavar="N",
                        help=f"the first port to try ({PORT})")  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    parser.add_argument("--max-upload", type=positive, default=LIMIT, metavar="MB",
                        help=f"megabytes that a video file may have ({LIMIT})")  # fmt: skip


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError(text)
    return number


_port.__name__ = "port from 1 to 65535"  # argparse names the type in its message


@command(_app_arguments)
def app(arguments: argparse.Namespace) -> int:
    """Open the live recogniser, and the analysis of video files, as a web app on this machine only."""
    from ballet_lib.app.server import open_browser, serve

    def ready(url: str) -> None:
        if arguments.json:
            print(json.dumps({"url": url}), flush=True)
        else:
            taken = "" if f":{arguments.port}/" in url else f"  (port {arguments.port} is in use)"
            print(f"app       {url}{taken}", flush=True)
            print("Nobody but you can open it, and no film leaves this machine. Ctrl-C ends it.", flush=True)
        if not arguments.no_browser:
            open_browser(url)

    serve(arguments.port, limit=arguments.max_upload, ready=ready)
    print("Stopped.", file=sys.stderr)
    return 0
