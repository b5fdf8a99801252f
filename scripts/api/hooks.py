"""What schemathesis is told about this bridge beside openapi.yaml, and which of its findings are none.

Each exception has its reason; what no exception names fails the run.
"""

import json
import re

import schemathesis

EVER = re.compile("")

# Valid by the schemas and refused all the same: what JSON Schema cannot say, or only the moment can know.
REFUSALS = {
    # Fields that exclude each other, one field in two places, and texts with a grammar of their own.
    "bad-parameter": re.compile(
        r" is given (twice|in )|stands alone|'ack=none' is for|its key could not be remembered|"
        r"go(es)? with the policies|Give one of|one of '?since|'(since|until|cursor|event|max_age)'|"
        r"contradict each other|no event id given|does not go with|is neither a time nor|must be a whole number|has a value of the wrong kind|"
        r"cannot be decoded|'user_properties'|'last_event_id'|cannot be used here"),
    "missing-topic": re.compile(r"no topic"),
    # Where the topic is in the query any body is a payload, and any content type its own.
    "unsupported-media-type": re.compile(r"cannot name its topic"),
    # The grammar of filters; noncharacters beyond the first plane; who may not be the topic of replies.
    "filter-invalid": EVER,
    "topic-invalid": re.compile(r"topic of the replies|noncharacters|cannot be decoded|percent"),
    # Text that says that it is base64, JSON inside of a parameter, and JSON that would be a payload if the query named a topic.
    "bad-base64": EVER,
    "bad-json": re.compile(r"at byte|must be one JSON object"),
    # A header whose value is percent-encoded text, base64 of JSON, or a number.
    "bad-header": re.compile(r"Mqtt-|Bridge-Expires-In|percent"),
    "payload-format-invalid": EVER,
    # Lines of which all are blank.
    "empty-batch": EVER,
    # Ids of this log only; the examples are of another.
    "bad-event-id": EVER,
    # The same key with another message, which random messages are.
    "idempotency-key-reused": EVER,
    # What EMQX answers for the same reasons.
    "decode_base64_payload_failed": EVER,
    "topic_name_invalid": EVER,
}

# Server errors that are the true answer to a valid question.
SERVER_ERRORS = {
    # Nobody replied in time: some requests name a topic where the device of this test does not reply.
    "reply-timeout",
    # The run takes the bridge out of service, and goes on.
    "draining",
}

LONGEST_WAIT = 1
"""Seconds; longer waits are right, and would only make the run long."""


@schemathesis.serializer("application/x-ndjson")
def ndjson(context, value):
    """Lines as they are, and anything else as one line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", errors="surrogatepass")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Shortens waits."""
    for fields in (case.query, case.body):
        if isinstance(fields, dict):
            for name in ("timeout", "wait"):
                value = fields.get(name)
                if str(value).isdecimal() and LONGEST_WAIT < int(value) <= 3600:
                    fields[name] = type(value)(LONGEST_WAIT)
    for name, value in (case.headers or {}).items():
        if name.lower() == "prefer" and isinstance(value, str):
            case.headers[name] = re.sub(r"wait=\d+", f"wait={LONGEST_WAIT}", value)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether it is a failure."""
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    problem = problem if isinstance(problem, dict) else {}
    code, detail = problem.get("code") or problem.get("message"), problem.get("detail") or ""
    if code == "BAD_REQUEST":
        code, detail = "bad-parameter", problem.get("message") or ""
    name = type(failure).__name__
    if name == "RejectedPositiveData":
        # A form has the parameters of the query, which its schema does not repeat.
        if code == "unknown-parameter" and case.path == "/subscribe":
            return "form" not in (case.media_type or "")
        return not (code in REFUSALS and REFUSALS[code].search(detail))
    if name in ("AllowHeaderMismatch", "UnsupportedMethodResponse"):
        # OpenAPI 3.1 has no word for QUERY, so openapi.yaml has it as the extension x-query.
        other = re.search(r"advertised: (.*)", str(failure.message))
        return response.request.method != "QUERY" and not (other and other[1].strip() == "QUERY")
    if name == "AcceptedNegativeData":
        # Each message has a status of its own.
        return response.status_code != 207
    if name == "ServerError":
        # The ready probe is no problem document.
        return code not in SERVER_ERRORS and problem.get("problems") != ["draining"]
    return True
