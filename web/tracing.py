"""Requests to OpenTelemetry traces: a span each, and for a question what its time went to.

FastAPI makes the spans of requests, by the semantic conventions for HTTP; here is where they go.
"""

from importlib.metadata import version
from time import time_ns

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context

from qa.errors import NewsqaError
from web.logs import is_quiet
from web.told import STAGES, Told

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ModuleNotFoundError as error:
    raise NewsqaError(
        "NEWSQA_TRACES is set, and what sends traces is not installed: pip install 'newsqa[traces]'"
    ) from error

TIMEOUT_SECONDS = 3.0
"""For sending spans; a server that ends waits for it when nobody takes them."""


class Traces:
    """Sends spans to an OTLP collector at `address`, over HTTP."""

    def __init__(self, address: str) -> None:
        service = {"service.name": "newsqa", "service.version": version("newsqa")}
        self._provider = TracerProvider(resource=Resource.create(service), shutdown_on_exit=False)
        self._provider.add_span_processor(_Private())
        exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=TIMEOUT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("newsqa")

    @property
    def telemetry(self) -> TelemetryConfig:
        """What FastAPI is to trace, and to whom it tells it."""
        return {
            "tracer_provider": self._provider,
            "tracing": True,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: is_quiet(scope["path"]),
        }

    def question(self, told: Told) -> None:
        """Tell in the span of the request what became of a question, and in spans below its stages.

        The stages are laid end to end up to now; what little lies between them is laid before.
        """
        served = trace.get_current_span()
        served.set_attributes(
            {
                "newsqa.status": told.status,
                "newsqa.mode": told.mode,
                "newsqa.language": told.language,
            }
        )
        if told.timings:
            end = time_ns()
            for stage in reversed(STAGES):
                begin = end - int(1e6 * getattr(told.timings, stage))
                self._tracer.start_span(stage, start_time=begin).end(end)
                end = begin

    def close(self) -> None:
        """Send what has not been sent."""
        self._provider.shutdown()


class _Private(SpanProcessor):
    """Takes the query out of the spans: a question stands in it."""

    def on_start(
        self,
        span: Span,
        parent_context: Context | None = None,  # noqa: ARG002 - given by this name
    ) -> None:
        """Take it out of one that begins."""
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", "REDACTED")
