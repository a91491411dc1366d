"""The second tab: a conversation about pictures, streamed, with stop, retry, edit and undo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import gradio as gr

from mmgpt.ui.asking import data_of, message_of, owner_of
from mmgpt.ui.card import visible_json
from mmgpt.ui.conversation import Talking, Turn, clean
from mmgpt.ui.desk import Desk, reply
from mmgpt.ui.environment import KEPT_SECONDS
from mmgpt.ui.examples import paths
from mmgpt.ui.pictures import TYPES
from mmgpt.ui.render import render
from mmgpt.ui.talker import Choices, Stops, answered, question

if TYPE_CHECKING:
    from mmgpt.serve.protocol import ModelInfo

QUESTIONS = ("What does this error mean?", "Which program is this?", "What does the message say?")
_HELLO = "Add one or more screenshots and ask about them. Text that the answer quotes is copied from the picture."
_PAINT = "window.mmgpt.paint(element.querySelector('.mm-page'), props, watch);"
_OPEN = "window.mmgpt.talk(element, trigger, props, watch); // 'redo' 'reword' 'takeback'"
Update = tuple[Any, Any, Any, Any, Any]
"""The log's HTML, the conversation, what went wrong, the box, a message to the script."""


class ChatTab:
    """The events of the tab. Every one is given the conversation and gives it back."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.stops = desk, Stops()

    async def send(
        self,
        text: str,
        files: Sequence[str],
        talking: Talking,
        choices: Choices,
        request: gr.Request,
        delete: bool = True,
    ) -> AsyncGenerator[Update, None]:
        """A new message. `delete=False`: its files are examples of ours."""
        try:
            turn = await question(self.desk, text, files, owner_of(request), delete=delete)
        except Exception as error:
            # what was typed stays; uploads that could not be read are gone
            box = gr.MultimodalTextbox(value={"text": text, "files": []})
            yield gr.skip(), gr.skip(), _alert(message_of(error)), box, gr.skip()
            return
        async for update in self.run(talking.said(turn), choices, request, clear=True):
            yield update

    async def run(
        self, talking: Talking, choices: Choices, request: gr.Request, clear: bool = False
    ) -> AsyncGenerator[Update, None]:
        """The answer to the last question. While it grows only its text is sent; the log is drawn anew at the end."""
        session = request.session_hash or ""
        stop = self.stops.begin(session)
        emptied: dict[str, Any] = {"value": None} if clear else {}
        busy = gr.MultimodalTextbox(submit_btn=False, stop_btn=True, **emptied)
        done = talking
        try:
            yield log_of(talking.said(Turn("assistant", "")), busy=True), talking, "", busy, gr.skip()
            async with aclosing(answered(self.desk, talking, choices, owner_of(request), stop)) as steps:
                async for done in steps:
                    yield gr.skip(), gr.skip(), gr.skip(), gr.skip(), reply("delta", text=done.turns[-1].text)
            yield log_of(done), done, "", _ready(), gr.skip()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            yield log_of(done), done, _alert(message_of(error)), _ready(), gr.skip()
        finally:
            self.stops.end(session, stop)

    async def redo(self, talking: Talking, choices: Choices, request: gr.Request) -> AsyncGenerator[Update, None]:
        """The last answer once more, drawn anew."""
        asked = talking.open_question()
        if asked.turns:
            async for update in self.run(asked, choices.again(), request):
                yield update

    async def reword(
        self, talking: Talking, choices: Choices, number: object, text: object, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        """A question with other words; what followed is asked anew."""
        known = isinstance(number, int) and 0 <= number < len(talking.turns) and talking.turns[number].role == "user"
        words = clean([text]) if isinstance(text, str) else ""
        if known and (words or talking.turns[int(str(number))].pictures):
            edited = talking.edited(int(str(number)), words[: self.desk.settings.max_text])
            async for update in self.run(edited, choices, request):
                yield update

    async def takeback(self, talking: Talking) -> Update:
        """Takes the last question back into the box."""
        before, turn = talking.undone()
        box = gr.MultimodalTextbox(value={"text": turn.text if turn else "", "files": []})
        return log_of(before), before, "", box, gr.skip()

    async def stop(self, request: gr.Request) -> None:
        """Ends the answer that is being made for this browser tab."""
        self.stops.stop(request.session_hash or "")

    async def clear(self, request: gr.Request) -> Update:
        """A new conversation."""
        self.stops.stop(request.session_hash or "")
        return log_of(Talking()), Talking(), "", _ready(), gr.skip()

    async def export(self, talking: Talking, form: str) -> str:
        """The conversation as a download."""
        try:
            info: ModelInfo = await self.desk.backend.info()
            if form == "json":
                data = visible_json(talking.talk(info.name).to_dict())
                return reply("download", name="conversation.json", data=data + "\n", type="application/json")
            return reply("download", name="conversation.md", data=talking.markdown(info.name), type="text/markdown")
        except Exception as error:
            return reply("failed", error=message_of(error))


def build(desk: Desk, wire: gr.HTML) -> None:
    """Adds the tab's parts and events."""
    tab = ChatTab(desk)
    talking = gr.State(Talking(), time_to_live=KEPT_SECONDS)
    with gr.Row(elem_id="mm-chat"):
        with gr.Column(scale=3, min_width=300):
            log: Any = gr.HTML(
                log_of(Talking()), html_template='<div class="mm-root"></div>', js_on_load=_OPEN, apply_default_css=False,
                padding=False, elem_id="mm-chat-log",
            )  # fmt: skip
            alert = gr.HTML(
                html_template='<div class="mm-page"></div>', js_on_load=_PAINT, apply_default_css=False, padding=False,
                elem_id="mm-chat-alert",
            )  # fmt: skip
            box = gr.MultimodalTextbox(
                elem_id="mm-chat-box", file_types=TYPES, file_count="multiple", sources=["upload"], lines=1, max_lines=8,
                placeholder="Ask about a screenshot; paste or drop one here", show_label=False, label="Your message",
                max_plain_text_length=10_000, submit_btn=True, stop_btn=False, container=False,
            )  # fmt: skip
            tries = [(name, words) for name in list(paths())[:1] for words in QUESTIONS]
            with gr.Row(elem_classes="mm-try"):
                buttons = [gr.Button(words, size="sm", variant="secondary") for _, words in tries]
        with gr.Column(scale=1, min_width=220):
            with gr.Accordion("Settings", open=False, elem_id="mm-settings"):
                length = gr.Slider(16, 512, 256, step=16, label="Longest answer", info="in tokens")
                temperature = gr.Slider(
                    0, 1.5, 0, step=0.05, label="Temperature", info="0: always the likeliest; a retry then draws at 0.7"
                )
                top_p = gr.Slider(
                    0.05, 1, 1, step=0.05, label="Top p", info="only the likeliest that make up this share"
                )
                seed = gr.Number(0, label="Seed", info="the same seed gives the same answer", precision=0)
            save_json = gr.Button("Export as JSON", size="sm", variant="secondary", elem_classes="mm-plain")
            save_markdown = gr.Button("Export as Markdown", size="sm", variant="secondary", elem_classes="mm-plain")
            clear = gr.Button("Clear the conversation", size="sm", variant="secondary", elem_classes="mm-plain")

    settings = [length, temperature, top_p, seed]
    outputs = [log, talking, alert, box, wire]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    async def chat_send(
        said: Any, so_far: Talking, a: Any, b: Any, c: Any, d: Any, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        words, files = (said or {}).get("text") or "", (said or {}).get("files") or []
        async with aclosing(tab.send(words, files, so_far, _choices(a, b, c, d), request)) as updates:
            async for update in updates:
                yield update

    async def chat_redo(
        so_far: Talking, a: Any, b: Any, c: Any, d: Any, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        async with aclosing(tab.redo(so_far, _choices(a, b, c, d), request)) as updates:
            async for update in updates:
                yield update

    async def chat_reword(
        so_far: Talking, a: Any, b: Any, c: Any, d: Any, request: gr.Request, event: gr.EventData
    ) -> AsyncGenerator[Update, None]:
        number, text = data_of(event, "turn"), data_of(event, "text")
        async with aclosing(tab.reword(so_far, _choices(a, b, c, d), number, text, request)) as updates:
            async for update in updates:
                yield update

    async def chat_json(so_far: Talking) -> str:
        return await tab.export(so_far, "json")

    async def chat_markdown(so_far: Talking) -> str:
        return await tab.export(so_far, "markdown")

    box.submit(chat_send, [box, talking, *settings], outputs, **private)
    box.stop(tab.stop, None, None, queue=False, **private)
    log.redo(chat_redo, [talking, *settings], outputs, **private)
    log.reword(chat_reword, [talking, *settings], outputs, **private)
    log.takeback(tab.takeback, [talking], outputs, **private)
    clear.click(tab.clear, None, outputs, **private)
    save_json.click(chat_json, talking, wire, **private)
    save_markdown.click(chat_markdown, talking, wire, **private)
    for button, (name, words) in zip(buttons, tries, strict=True):
        button.click(_example(tab, name, words), [talking, *settings], outputs, **private)


def _example(tab: ChatTab, name: str, words: str) -> Any:
    async def chat_example(
        so_far: Talking, a: Any, b: Any, c: Any, d: Any, request: gr.Request
    ) -> AsyncGenerator[Update, None]:
        # once the picture is there, only the question is new; another picture's conversation goes on as it is
        files = [] if so_far.pictures() else [str(paths()[name])]
        async with aclosing(tab.send(words, files, so_far, _choices(a, b, c, d), request, delete=False)) as updates:
            async for update in updates:
                yield update

    return chat_example


def log_of(talking: Talking, busy: bool = False) -> str:
    """The conversation as HTML. `busy`: the last answer is still growing."""
    return render("talk.html", turns=talking.turns, busy=busy, hello=_HELLO)


def _choices(length: Any, temperature: Any, top_p: Any, seed: Any) -> Choices:
    return Choices(
        max(1, min(int(length or 256), 512)),
        min(max(float(temperature or 0), 0.0), 2.0),
        min(max(float(top_p or 1), 0.01), 1.0),
        int(seed or 0) % 2**31,
    )


def _alert(text: str) -> str:
    return render("alert.html", text=text)


def _ready() -> Any:
    return gr.MultimodalTextbox(submit_btn=True, stop_btn=False)
