"""Home Assistant's exchanges, played with the reference `wyoming` package. Arguments: port, WAV file saying "find dog
food", a folder for a benchmark's corpus, the program wyoming-bench."""

import asyncio
import io
import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path

from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop
from wyoming.audio import AudioChunk, AudioStart, AudioStop, wav_to_chunks
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.intent import Intent, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

port, recording, corpus, bench = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
WORDS = "find dog food"


def client():
    return AsyncTcpClient("127.0.0.1", port)


async def read(c):
    event = await asyncio.wait_for(c.read_event(), 20)
    assert event is not None, "the server hung up"
    return event


async def describe():
    """How the integration loads a service."""
    async with client() as c:
        await c.write_event(Describe().event())
        info = Info.from_event(await read(c))
        await c.write_event(Ping(text="still there").event())
        assert Pong.from_event(await read(c)).text == "still there"
    for programs in (info.asr, info.tts, info.handle, info.intent):
        assert len(programs) == 1 and programs[0].installed, programs
    assert info.asr[0].supports_transcript_streaming and "en" in info.asr[0].models[0].languages, info.asr
    assert not info.asr[0].requires_external_vad
    assert info.tts[0].voices[0].name and "en-US" in info.tts[0].voices[0].languages, info.tts
    assert not info.handle[0].supports_home_control and info.wake == [] and info.satellite is None
    return info


async def speech_to_text(file, **more):
    """stt.py: transcribe, 16 kHz mono, stop, wait for the transcript. All that comes is collected."""
    seen = []
    async with client() as c:
        await c.write_event(Transcribe(language="en", **more).event())
        with wave.open(file, "rb") as wav:
            for event in wav_to_chunks(wav, 1024, start_event=True, stop_event=True):
                await c.write_event(event.event())
        while True:
            event = await read(c)
            seen.append(event)
            if Transcript.is_type(event.type):
                text = Transcript.from_event(event).text
            if TranscriptStop.is_type(event.type) or Error.is_type(event.type):
                break
    return text, seen


async def say(text, conversation):
    """conversation.py: a new connection for each sentence."""
    context = {"conversation_id": conversation, "device_id": "kitchen", "satellite_id": "assist_satellite.kitchen"}
    async with client() as c:
        await c.write_event(Transcript(text=text, language="en", context=context).event())
        event = await read(c)
    if Handled.is_type(event.type):
        handled = Handled.from_event(event)
        assert handled.context["conversation_id"] == conversation, handled
        return handled.text
    assert NotHandled.is_type(event.type), event
    return None


async def text_to_speech(events):
    """tts.py: text in, one WAV file out."""
    out = io.BytesIO()
    starts = stops = 0
    streaming = any(isinstance(e, SynthesizeStart) for e in events)
    async with client() as c:
        for event in events:
            await c.write_event(event.event())
        with wave.open(out, "wb") as wav:
            while True:
                event = await read(c)
                if AudioStart.is_type(event.type):
                    start = AudioStart.from_event(event)
                    starts += 1
                    if starts == 1:
                        wav.setparams((start.channels, start.width, start.rate, 0, "NONE", ""))
                elif AudioChunk.is_type(event.type):
                    wav.writeframes(AudioChunk.from_event(event).audio)
                elif AudioStop.is_type(event.type):
                    stops += 1
                    if not streaming:
                        break
                elif SynthesizeStopped.is_type(event.type):
                    break
                else:
                    raise AssertionError(event)
    assert starts == stops >= 1, (starts, stops)
    out.seek(0)
    return out, starts


def to_16k(wav_bytes, path):
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", "-", "-ar", "16000", "-ac", "1", path],
                   input=wav_bytes, check=True)
    return str(path)


async def main():
    info = await describe()

    # The ear.
    text, seen = await speech_to_text(recording)
    assert text == WORDS, text
    kinds = [e.type for e in seen]
    assert kinds == ["transcript-start", "transcript-chunk", "transcript", "transcript-stop"], kinds
    assert TranscriptStart.is_type(kinds[0]) and TranscriptChunk.from_event(seen[1]).text == WORDS
    text, _ = await speech_to_text(recording, transcript_names=["Almond Milk"], transcript_terms=["oat milk"])
    assert text == WORDS, text
    # The server finds the end of speech by itself when it is asked to.
    async with client() as c:
        await c.write_event(Transcribe(language="en", vad_sensitivity="aggressive").event())
        await c.write_event(AudioStart(rate=16000, width=2, channels=1).event())
        with wave.open(recording, "rb") as wav:
            sound = wav.readframes(wav.getnframes()) + bytes(2 * 16000)
        for at in range(0, len(sound), 2048):
            await c.write_event(AudioChunk(rate=16000, width=2, channels=1, audio=sound[at : at + 2048]).event())
        while not Transcript.is_type((event := await read(c)).type):
            pass
        assert Transcript.from_event(event).text == WORDS, event

    # The shop: a conversation by its id, over a connection for each sentence.
    assert "dog food" in (await say(WORDS, "a")).lower()
    second = await say("add the second one to my cart", "a")
    assert second and "dog" in second.lower(), second
    other = await say("add the second one to my cart", "b")
    assert other != second, other
    assert await say("the mountain sang quietly to the tax office", "a") is None

    # The meaning, with nothing done about it.
    async with client() as c:
        await c.write_event(Recognize(text="find green tea").event())
        intent = Intent.from_event(await read(c))
        assert intent.name == "SearchProductIntent", intent
        assert any("green tea" in str(e.value) for e in intent.entities), intent
        await c.write_event(Recognize(text="the mountain sang quietly to the tax office").event())
        assert NotRecognized.is_type((await read(c)).type)
        # Data in the first line, as the protocol also allows.
        inline = Event(type="recognize", data={"text": "help"})
        c._writer.write((json.dumps({"type": inline.type, "data": inline.data}) + "\n").encode())
        assert Intent.from_event(await read(c)).name == "AMAZON.HelpIntent"

    # The voice, heard again by the ear.
    said, _ = await text_to_speech([Synthesize(text="where is my order")])
    assert (await speech_to_text(to_16k(said.getvalue(), corpus / "a.wav")))[0] == "where is my order"
    named = SynthesizeVoice(name="en-gb")
    said, _ = await text_to_speech([Synthesize(text="<speak>Hello <break time='1s'/> there</speak>", voice=named, text_format="ssml")])
    with wave.open(said) as wav:
        assert 1.5 < wav.getnframes() / wav.getframerate() < 4
    pieces = ["Where is ", "my order? Find ", "almond ", "milk."]
    whole = "".join(pieces)
    streamed = [SynthesizeStart(voice=None)] + [SynthesizeChunk(text=p) for p in pieces]
    streamed += [Synthesize(text=whole), SynthesizeStop()]
    said, sentences = await text_to_speech(streamed)
    assert sentences == 2, sentences

    # Mistakes are told, and the connection goes on.
    async with client() as c:
        await c.write_event(AudioStop().event())
        assert Error.is_type((await read(c)).type)
        await c.write_event(AudioStart(rate=16000, width=4, channels=1).event())
        assert Error.is_type((await read(c)).type)
        await c.write_event(Event(type="run-satellite"))
        await c.write_event(Synthesize(text="a", voice=SynthesizeVoice(name="marvin")).event())
        assert Error.is_type((await read(c)).type)
        await c.write_event(Describe().event())
        assert Info.is_type((await read(c)).type)
    # No event at all ends it.
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 20)
    assert b"bad-event" in answer, answer
    writer.close()

    # The benchmark that others measure with.
    for name in ("a.wav",):
        (corpus / name).unlink()
    shutil.copy(recording, corpus / "one.wav")
    (corpus / "one.txt").write_text(WORDS)
    for arguments in (["stt", "--corpus", str(corpus), "--rounds", "1"], ["tts", "--rounds", "1", "--warmup", "0"]):
        done = await asyncio.create_subprocess_exec(
            bench, *arguments, f"127.0.0.1:{port}", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(done.communicate(), 80)
        print(out.decode())
        assert done.returncode == 0, out.decode()
    print("all well", info.asr[0].models[0].name)


asyncio.run(main())
