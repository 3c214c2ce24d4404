"""The simulator as one thing that starts, listens on loopback, and stops."""

import contextlib
import logging
import threading
from typing import Any

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from waitress.server import create_server
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from channels.simulator.calls.control import calls_control
from channels.simulator.calls.rest import calls_api
from channels.simulator.calls.switchboard import Switchboard
from channels.simulator.control import LARGEST_MEDIA, control_api
from channels.simulator.exchange import Exchange
from channels.simulator.forms import API_VERSION
from channels.simulator.page import CONTENT_SECURITY_POLICY, page
from channels.simulator.settings import SimulatorSettings
from channels.simulator.telegram.bot_api import bot_api
from channels.simulator.telegram.control import messenger_control
from channels.simulator.telegram.hub import Hub
from channels.simulator.twilio_api import twilio_api, unknown_resource
from channels.simulator.webhooks import is_loopback

THREADS = 48  # a request that is held on purpose keeps one, and the way to end the trouble must stay open
LARGEST_BODY = LARGEST_MEDIA * 3 // 2  # base64 and its JSON

# A broadcast fills the queue; a warning for each text would slow it by half and say nothing.
_QUEUE_LOG = logging.Logger("simulator.queue", logging.ERROR)


def create_app(exchange: Exchange, hub: Hub) -> Flask:
    """The application: the REST API, the control API and the page. A further platform is one more blueprint here."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    switchboard = Switchboard(exchange)
    twilio = (twilio_api(exchange), calls_api(switchboard), control_api(exchange), calls_control(switchboard))
    for blueprint in (*twilio, bot_api(hub), messenger_control(hub), page(exchange)):
        app.register_blueprint(blueprint)

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(status="ok")

    @app.before_request
    def refuse_strangers() -> ResponseReturnValue | None:
        # A page elsewhere may point its own name at 127.0.0.1; its browser then still says that name here.
        host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
        return None if is_loopback(host.strip("[]")) else ("This simulator answers on this machine only.", 403)

    @app.errorhandler(HTTPException)
    def http_fault(error: HTTPException) -> ResponseReturnValue | Response:
        return unknown_resource(error) if request.path.startswith(f"/{API_VERSION}/") else error.get_response()

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return app


class Simulator:
    """A carrier on loopback, with its own threads for HTTP and for receipts."""

    def __init__(self, settings: SimulatorSettings) -> None:
        """Nothing listens before `start`; ValueError for an address that other machines could reach."""
        if not is_loopback(settings.host):
            raise ValueError(f"The simulator listens on this machine only, not on {settings.host!r}.")
        self.settings = settings
        self.exchange = Exchange(settings)
        self.hub = Hub(settings, now=self.exchange.now, service_url=lambda: self.exchange.service_url)
        self._sockets: dict[int, object] = {}
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the REST API, the control API and the page are; known after `start`."""
        return self.exchange.url

    @property
    def service_url(self) -> str:
        """Where webhooks go."""
        return self.exchange.service_url

    @service_url.setter
    def service_url(self, url: str) -> None:
        self.exchange.set_service_url(url)

    def start(self) -> None:
        """The simulator listens, and its `url` is known."""
        settings = self.settings
        address = "127.0.0.1" if settings.host == "localhost" else settings.host  # the name may stand for two addresses
        # Socket errors are not logged, for some are made on purpose: a line that is cut in the middle of an answer.
        self._server = create_server(
            create_app(self.exchange, self.hub),
            map=self._sockets,
            host=address,
            port=settings.port,
            threads=THREADS,
            max_request_body_size=LARGEST_BODY,
            log_socket_errors=False,
            ident=None,
        )
        self._server.task_dispatcher.queue_logger = _QUEUE_LOG
        shown = f"[{address}]" if ":" in address else address
        self.exchange.url = f"http://{shown}:{self._server.effective_port}"
        self.exchange.start()
        self.hub.start()
        self._thread = threading.Thread(target=self._server.run, name="simulator-http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing listens any more; a request that was held on purpose has been let go."""
        if self._thread is None:
            return
        self.exchange.stop()
        self.hub.stop()
        self._server.task_dispatcher.shutdown()
        # The loop owns its sockets, so it is the one to close them; it ends when none is left.
        with contextlib.suppress(OSError):  # its loop may have closed the pipe already
            self._server.trigger.pull_trigger(lambda: self._server.asyncore.close_all(self._sockets))
        self._thread.join(timeout=10)
        self._thread = None

    def wait(self) -> None:
        """Return when the simulator has been stopped."""
        if self._thread is not None:
            self._thread.join()
