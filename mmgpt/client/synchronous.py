"""The client for ordinary code."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import httpx

from mmgpt.client import replies, sending
from mmgpt.client.errors import ApiError
from mmgpt.client.replies import Answer, Job, JobResult, Redacted
from mmgpt.client.sending import Call, Picture
from mmgpt.client.transport import Lines, failure, job_path, options, refusal, value_of
from mmgpt.client.waiting import Retries
from mmgpt.schema import Diagnosis, Reading


class Client:
    """Talks to one `mmgpt serve`. Every method raises ApiError for a refusal and ApiConnectionError where no answer comes; a busy or
    loading server (429, 503) is asked again, as `retries` says. Use it as a context manager, or close it. Threads may share it."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 130.0,
        *,
        retries: Retries | int | None = None,
        uds: str | None = None,
        verify: Any = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`base_url` with or without /v1 ($MMGPT_URL, or http://127.0.0.1:8000), `api_key` ($MMGPT_API_KEY), `timeout` in seconds for
        each answer, `retries` how often, `uds` a Unix socket's path, `verify` as httpx takes it for TLS.

        Raises ValueError for an address or a key that cannot be used, and where a key would go unencrypted to another machine:
        plain http takes it to this machine only, unless $MMGPT_INSECURE is 1."""
        self._retries = Retries(retries) if isinstance(retries, int) else retries or Retries()
        if transport is None and uds is not None:
            transport = httpx.HTTPTransport(uds=uds)
        self._http = httpx.Client(
            **options(base_url, api_key, timeout, verify, transport is not None), transport=transport
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    # -- one picture -----------------------------------------------------------------------------------------------------------

    def diagnose(
        self,
        picture: Picture,
        question: str | None = None,
        *,
        context: str | Mapping[str, str] | None = None,
        mask_secrets: bool = False,
    ) -> Diagnosis:
        """Which program, which error, its cause and what to do; with `question` the answer to it, too."""
        return replies.model_of(Diagnosis, self._json(sending.diagnose(picture, question, context, mask_secrets)))

    def caption(self, picture: Picture, *, length: str | None = None) -> Diagnosis:
        """What it shows, without causes. `length` is short, normal or long."""
        return replies.model_of(Diagnosis, self._json(sending.about("/v1/caption", picture, length=length)))

    def read(self, picture: Picture) -> Reading:
        """Its lines."""
        return replies.model_of(Reading, self._json(sending.about("/v1/read", picture)))

    def query(self, picture: Picture, question: str) -> Answer:
        """An answer to a question about it."""
        return replies.answer_of(self._json(sending.about("/v1/query", picture, question=question)))

    def query_stream(self, picture: Picture, question: str) -> Iterator[str]:
        """The answer as it comes: texts that joined are all of it. Closing the iterator stops the server's work."""
        call = sending.about("/v1/query", picture, question=question, stream=True)
        yield from self._texts(call, replies.chunk_of)

    def redact(self, picture: Picture, *, kinds: Iterable[str] | None = None) -> Redacted:
        """The picture without the secrets that can be read in it. Look at `report["left"]` before passing it on."""
        call = sending.about("/v1/redact", picture, kinds=replies.names(kinds), response="json")
        return replies.redacted_of(self._json(call))

    def correct(
        self,
        diagnosis: Diagnosis | Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        scope: str = "program",
        note: str = "",
    ) -> dict[str, Any]:
        """Tells the server what is right, as {"category": "network"}; it holds from then on. Returns what is kept."""
        return dict(self._json(sending.correct(diagnosis, values, scope, note)))

    # -- conversations ---------------------------------------------------------------------------------------------------------

    def chat(self, messages: str | Sequence[Mapping[str, Any]], picture: Picture | None = None, **more: Any) -> str:
        """The model's next message. `messages` as OpenAI has them, or one text (about `picture`); `more` as max_tokens, temperature."""
        return replies.said_in(self._json(sending.chat(messages, picture, more)))

    def chat_stream(
        self, messages: str | Sequence[Mapping[str, Any]], picture: Picture | None = None, **more: Any
    ) -> Iterator[str]:
        """The same as it comes."""
        call = sending.chat(messages, picture, {**more, "stream": True})
        yield from self._texts(call, replies.delta_of)

    def models(self) -> list[dict[str, Any]]:
        """What is served."""
        return list(self._json(Call("GET", "/v1/models"))["data"])

    # -- jobs ------------------------------------------------------------------------------------------------------------------

    def submit(
        self,
        pictures: Iterable[Picture],
        task: str = "diagnose",
        question: str | None = None,
        *,
        mask_secrets: bool = False,
    ) -> Job:
        """Hands in any number of pictures, some at a time. `task` is diagnose, caption or read; the others go with diagnose."""
        made: Job | None = None
        for files, more in sending.batches(pictures):
            name = None if made is None else made.id
            made = replies.job_of(self._json(sending.job_call(name, files, more, task, question, mask_secrets)))
        assert made is not None
        return made

    def job(self, job: str | Job) -> Job:
        """How far it is."""
        return replies.job_of(self._json(Call("GET", job_path(job))))

    def jobs(self, limit: int = 20) -> list[Job]:
        """The newest of your jobs."""
        found = self._json(Call("GET", "/v1/jobs", params={"limit": str(limit)}))
        return [replies.job_of(item) for item in found["data"]]

    def wait(self, job: str | Job, timeout: float | None = None, poll: float = 1.0) -> Job:
        """Returns when it is over. Raises TimeoutError after `timeout` seconds; the job goes on."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (found := self.job(job)).over:
            if end is not None and time.monotonic() + poll > end:
                raise TimeoutError(
                    f"{found.id} is not over after {timeout:g} seconds: {found.done} of {found.total} are done"
                )
            time.sleep(poll)
        return found

    def results(self, job: str | Job) -> Iterator[JobResult]:
        """What came out so far, in the order in which the pictures were handed in."""
        task = job.task if isinstance(job, Job) else self.job(job).task
        with self._open(Call("GET", job_path(job, "/results"))) as response:
            for line in _lines(response):
                if line:
                    yield replies.job_result_of(line, task)

    def cancel(self, job: str | Job) -> Job:
        """Stops it; its results stay."""
        return replies.job_of(self._json(Call("POST", job_path(job, "/cancel"))))

    def delete(self, job: str | Job) -> None:
        """Deletes it with its results."""
        self._json(Call("DELETE", job_path(job)))

    # -- sending ---------------------------------------------------------------------------------------------------------------

    def _json(self, call: Call) -> Any:
        with self._open(call) as response:
            try:
                response.read()
            except httpx.HTTPError as error:
                raise failure(error, str(self._http.base_url)) from None
            return value_of(response)

    def _texts(self, call: Call, text_of: Callable[[dict[str, Any]], str]) -> Iterator[str]:
        with closing(self._events(call)) as events:
            for value in events:
                if text := text_of(value):
                    yield text

    def _events(self, call: Call) -> Generator[dict[str, Any], None, None]:
        with self._open(call) as response:
            for line in _lines(response):
                value = replies.event(line)
                if value is not None:
                    yield value

    @contextmanager
    def _open(self, call: Call) -> Iterator[httpx.Response]:
        """An answer that went well, its body not read yet."""
        tried = 0
        while True:
            tried += 1
            try:
                response = self._send(call)
                break
            except ApiError as error:
                pause = self._retries.pause(error, tried)
                if pause is None:
                    raise
            time.sleep(pause)
        try:
            yield response
        finally:
            response.close()

    def _send(self, call: Call) -> httpx.Response:
        try:
            response = self._http.send(self._http.build_request(**call.arguments()), stream=True)
            if response.is_success:
                return response
            response.read()
        except httpx.HTTPError as error:
            raise failure(error, str(self._http.base_url)) from None
        raise refusal(response)


def _lines(response: httpx.Response) -> Iterator[str]:
    lines = Lines()
    try:
        for part in response.iter_bytes():
            yield from lines.feed(part)
    except httpx.HTTPError as error:
        raise failure(error, str(response.url)) from None
