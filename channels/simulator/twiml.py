"""What the service may answer to an inbound text: nothing, plain text, or TwiML with texts to send back."""

from xml.etree import ElementTree

from channels.simulator.webhooks import HookAnswer

# Debugger codes of the platform: not TwiML at all; an answer without a content type.
DOCUMENT_BROKEN = 12100
CONTENT_TYPE_MISSING = 12300

TWIML_TYPES = ("text/xml", "application/xml", "text/html")


class TwimlError(Exception):
    """The platform cannot read the answer; `code` is what its debugger would show."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(f"The answer to the webhook cannot be read ({code}).")
        self.code = code


def replies_in(answer: HookAnswer) -> tuple[str, ...]:
    """The texts that the platform sends back for this answer."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if answer.status == 204 or (kind and not answer.body.strip()):
        return ()
    if kind == "text/plain":
        return (answer.body,)
    if kind not in TWIML_TYPES:
        raise TwimlError(CONTENT_TYPE_MISSING)
    return _texts(answer.body)


def root_of(document: str) -> ElementTree.Element:
    """The `<Response>` of a document; TwimlError when it is none."""
    if "<!DOCTYPE" in document:  # no entity is ever expanded here
        raise TwimlError(DOCUMENT_BROKEN)
    try:
        root = ElementTree.fromstring(document)  # noqa: S314  the service's own answer, and without a DTD
    except ElementTree.ParseError:
        raise TwimlError(DOCUMENT_BROKEN) from None
    if root.tag != "Response":
        raise TwimlError(DOCUMENT_BROKEN)
    return root


def _texts(document: str) -> tuple[str, ...]:
    return tuple(words for words in map(_words, root_of(document).findall("Message")) if words)


def _words(verb: ElementTree.Element) -> str:
    body = verb.find("Body")
    return "".join((verb if body is None else body).itertext()).strip()
