"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx

from mmgpt.client import replies, sending
from mmgpt.client.errors import ApiError
from mmgpt.client.replies import Answer, Job, JobResult, Redacted
from mmgpt.client.sending import Call, Picture
from mmgpt.client.transport import Lines, failure, job_path, options, refusal, value_of
from mmgpt.client.waiting import Retries
from mmgpt.schema import Diagnosis, Reading


class AsyncClient:
    """Talks to one `mmgpt serve`. Every method raises ApiError for a refusal and ApiConnectionError where no answer comes; a busy or
    loading server (429, 503) is asked again, as `retries` says. Use it as a context manager, or close it."""

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 130.0,
        *,
        retries: Retries | int | None = None,
        uds: str | None = None,
        verify: Any = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`base_url` with or without /v1 ($MMGPT_URL, or http://127.0.0.1:8000), `api_key` ($MMGPT_API_KEY), `timeout` in seconds for
        each answer, `retries` how often, `uds` a Unix socket's path, `verify` as httpx takes it for TLS.

        Raises ValueError for an address or a key that cannot be used, and where a key would go unencrypted to another machine:
        plain http takes it to this machine only, unless $MMGPT_INSECURE is 1."""
        self._retries = Retries(retries) if isinstance(retries, int) else retries or Retries()
        if transport is None and uds is not None:
            transport = httpx.AsyncHTTPTransport(uds=uds)
        self._http = httpx.AsyncClient(
            **options(base_url, api_key, timeout, verify, transport is not None), transport=transport
        )

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    # -- one picture -----------------------------------------------------------------------------------------------------------

    async def diagnose(
        self,
        picture: Picture,
        question: str | None = None,
        *,
        context: str | Mapping[str, str] | None = None,
        mask_secrets: bool = False,
    ) -> Diagnosis:
        """Which program, which error, its cause and what to do; with `question` the answer to it, too."""
        return replies.model_of(
            Diagnosis,
            await self._json(await asyncio.to_thread(sending.diagnose, picture, question, context, mask_secrets)),
        )

    async def caption(self, picture: Picture, *, length: str | None = None) -> Diagnosis:
        """What it shows, without causes. `length` is short, normal or long."""
        return replies.model_of(
            Diagnosis, await self._json(await asyncio.to_thread(sending.about, "/v1/caption", picture, length=length))
        )

    async def read(self, picture: Picture) -> Reading:
        """Its lines."""
        return replies.model_of(Reading, await self._json(await asyncio.to_thread(sending.about, "/v1/read", picture)))

    async def query(self, picture: Picture, question: str) -> Answer:
        """An answer to a question about it."""
        return replies.answer_of(
            await self._json(await asyncio.to_thread(sending.about, "/v1/query", picture, question=question))
        )

    async def query_stream(self, picture: Picture, question: str) -> AsyncGenerator[str, None]:
        """The answer as it comes: texts that joined are all of it. Closing the iterator stops the server's work."""
        call = await asyncio.to_thread(sending.about, "/v1/query", picture, question=question, stream=True)
        async with aclosing(self._texts(call, replies.chunk_of)) as texts:
            async for text in texts:
                yield text

    async def redact(self, picture: Picture, *, kinds: Iterable[str] | None = None) -> Redacted:
        """The picture without the secrets that can be read in it. Look at `report["left"]` before passing it on."""
        call = await asyncio.to_thread(
            sending.about, "/v1/redact", picture, kinds=replies.names(kinds), response="json"
        )
        return replies.redacted_of(await self._json(call))

    async def correct(
        self,
        diagnosis: Diagnosis | Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        scope: str = "program",
        note: str = "",
    ) -> dict[str, Any]:
        """Tells the server what is right, as {"category": "network"}; it holds from then on. Returns what is kept."""
        return dict(await self._json(sending.correct(diagnosis, values, scope, note)))

    # -- conversations ---------------------------------------------------------------------------------------------------------

    async def chat(
        self, messages: str | Sequence[Mapping[str, Any]], picture: Picture | None = None, **more: Any
    ) -> str:
        """The model's next message. `messages` as OpenAI has them, or one text (about `picture`); `more` as max_tokens, temperature."""
        return replies.said_in(await self._json(await asyncio.to_thread(sending.chat, messages, picture, more)))

    async def chat_stream(
        self, messages: str | Sequence[Mapping[str, Any]], picture: Picture | None = None, **more: Any
    ) -> AsyncGenerator[str, None]:
        """The same as it comes."""
        call = await asyncio.to_thread(sending.chat, messages, picture, {**more, "stream": True})
        async with aclosing(self._texts(call, replies.delta_of)) as texts:
            async for text in texts:
                yield text

    async def models(self) -> list[dict[str, Any]]:
        """What is served."""
        return list((await self._json(Call("GET", "/v1/models")))["data"])

    # -- jobs ------------------------------------------------------------------------------------------------------------------

    async def submit(
        self,
        pictures: Iterable[Picture],
        task: str = "diagnose",
        question: str | None = None,
        *,
        mask_secrets: bool = False,
    ) -> Job:
        """Hands in any number of pictures, some at a time. `task` is diagnose, caption or read; the others go with diagnose."""
        made: Job | None = None
        batches = sending.batches(pictures)
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            files, more = batch
            name = None if made is None else made.id
            made = replies.job_of(await self._json(sending.job_call(name, files, more, task, question, mask_secrets)))
        assert made is not None
        return made

    async def job(self, job: str | Job) -> Job:
        """How far it is."""
        return replies.job_of(await self._json(Call("GET", job_path(job))))

    async def jobs(self, limit: int = 20) -> list[Job]:
        """The newest of your jobs."""
        found = await self._json(Call("GET", "/v1/jobs", params={"limit": str(limit)}))
        return [replies.job_of(item) for item in found["data"]]

    async def wait(self, job: str | Job, timeout: float | None = None, poll: float = 1.0) -> Job:
        """Returns when it is over. Raises TimeoutError after `timeout` seconds; the job goes on."""
        end = None if timeout is None else time.monotonic() + timeout
        while not (found := await self.job(job)).over:
            if end is not None and time.monotonic() + poll > end:
                raise TimeoutError(
                    f"{found.id} is not over after {timeout:g} seconds: {found.done} of {found.total} are done"
                )
            await asyncio.sleep(poll)
        return found

    async def results(self, job: str | Job) -> AsyncGenerator[JobResult, None]:
        """What came out so far, in the order in which the pictures were handed in."""
        task = job.task if isinstance(job, Job) else (await self.job(job)).task
        async with self._open(Call("GET", job_path(job, "/results"))) as response:
            async for line in _lines(response):
                if line:
                    yield replies.job_result_of(line, task)

    async def cancel(self, job: str | Job) -> Job:
        """Stops it; its results stay."""
        return replies.job_of(await self._json(Call("POST", job_path(job, "/cancel"))))

    async def delete(self, job: str | Job) -> None:
        """Deletes it with its results."""
        await self._json(Call("DELETE", job_path(job)))

    # -- sending ---------------------------------------------------------------------------------------------------------------

    async def _json(self, call: Call) -> Any:
        async with self._open(call) as response:
            try:
                await response.aread()
            except httpx.HTTPError as error:
                raise failure(error, str(self._http.base_url)) from None
            return value_of(response)

    async def _texts(self, call: Call, text_of: Callable[[dict[str, Any]], str]) -> AsyncGenerator[str, None]:
        async with aclosing(self._events(call)) as events:
            async for value in events:
                if text := text_of(value):
                    yield text

    async def _events(self, call: Call) -> AsyncGenerator[dict[str, Any], None]:
        async with self._open(call) as response:
            async for line in _lines(response):
                value = replies.event(line)
                if value is not None:
                    yield value

    @asynccontextmanager
    async def _open(self, call: Call) -> AsyncIterator[httpx.Response]:
        """An answer that went well, its body not read yet."""
        tried = 0
        while True:
            tried += 1
            try:
                response = await self._send(call)
                break
            except ApiError as error:
                pause = self._retries.pause(error, tried)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
        try:
            yield response
        finally:
            await response.aclose()

    async def _send(self, call: Call) -> httpx.Response:
        try:
            response = await self._http.send(self._http.build_request(**call.arguments()), stream=True)
            if response.is_success:
                return response
            await response.aread()
        except httpx.HTTPError as error:
            raise failure(error, str(self._http.base_url)) from None
        raise refusal(response)


async def _lines(response: httpx.Response) -> AsyncGenerator[str, None]:
    lines = Lines()
    try:
        async for part in response.aiter_bytes():
            for line in lines.feed(part):
                yield line
    except httpx.HTTPError as error:
        raise failure(error, str(response.url)) from None
