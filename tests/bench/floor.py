"""The floor of an SMS turn: waitress, one Flask route, the signature checked, and one raw sqlite3 transaction of as many rows."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from flask import Flask, Response, request
from waitress.server import create_server

from channels import sms
from channels.twilio import TwilioAccount, signed_form

ROW = b"x" * 160  # about what a row of ours holds
_INSERT = "INSERT INTO kept (at, words, body) VALUES (?, ?, ?)"


def serve(told: Connection, folder: Path, account: TwilioAccount, rows: Mapping[str, int]) -> None:
    """The floor answers on the port it tells; `rows` says how many rows belong to the kind of sid a request has."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(_app(folder, account, rows), host="127.0.0.1", port=0, threads=8, ident=None)
    told.send(server.effective_port)
    server.run()


def _app(folder: Path, account: TwilioAccount, rows: Mapping[str, int]) -> Flask:
    app, lock, kept = Flask("floor", static_folder=None), threading.Lock(), _opened(folder)

    @app.post(sms.INBOUND_PATH)
    def inbound() -> Response:
        form = signed_form(account, url_path=sms.INBOUND_PATH, headers=request.headers, body=request.get_data())  # type: ignore[arg-type]
        sid = form["MessageSid"]
        with lock:
            kept.execute("BEGIN IMMEDIATE")
            for _ in range(rows[sid[2:4]]):
                kept.execute(_INSERT, (1, sid, ROW))
            kept.execute("COMMIT")
        return Response(status=204)

    return app


def _opened(folder: Path) -> sqlite3.Connection:
    kept = sqlite3.connect(folder / "floor.db", isolation_level=None, check_same_thread=False)
    kept.execute("PRAGMA journal_mode=WAL")
    kept.execute("PRAGMA synchronous=FULL")
    kept.execute("CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, at INTEGER, words TEXT, body BLOB)")
    return kept
