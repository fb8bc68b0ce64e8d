"""OpenAI's own Python client, pointed at a running server. Arguments: base address, key, a WAV file that says
"where is my order" in the voice of the server, the same as WebM."""

import io
import json
import sys
import wave

import openai

base, key, wav, webm = sys.argv[1:5]
client = openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=30)
WORDS = "where is my order"


def hear(**more):
    with open(wav, "rb") as file:
        return client.audio.transcriptions.create(model="whisper-1", file=file, **more)


# Every form of answer.
plain = hear()
assert plain.text == WORDS, plain
assert plain.usage.type == "duration" and plain.usage.seconds >= 1, plain
assert hear(response_format="text").strip() == WORDS
verbose = hear(response_format="verbose_json", language="en", temperature=0, timestamp_granularities=["segment"])
assert verbose.text == WORDS and verbose.language == "english", verbose
assert len(verbose.segments) == 1, verbose
segment = verbose.segments[0]
assert segment.text == WORDS and 0 <= segment.start < segment.end <= verbose.duration + 0.01, segment
assert -2 < segment.avg_logprob <= 0, segment
srt = hear(response_format="srt")
assert srt.startswith("1\n00:00:00,") and " --> 00:00:0" in srt and WORDS in srt, srt
vtt = hear(response_format="vtt", prompt="almond milk, oat milk")
assert vtt.startswith("WEBVTT\n\n00:00:00.") and WORDS in vtt, vtt

# One of a closed list, which is this server's own.
assert hear(extra_body={"only": "where is my parcel, where is my order\nstop"}).text == WORDS
assert hear(extra_body={"only": "where is my parcel, stop"}).text == "where is my parcel"

# As events.
events = list(hear(stream=True))
assert [e.type for e in events] == ["transcript.text.delta", "transcript.text.done"], events
assert "".join(e.delta for e in events[:-1]) == events[-1].text == WORDS, events

# As a browser records it.
with open(webm, "rb") as file:
    assert client.audio.transcriptions.create(model="whisper-1", file=file).text == WORDS

# Three sentences with pauses between them, said by the server itself and heard again, each at its time.
sentences = ["where is my order", "find baby wipes", "add bananas to my cart"]
pieces = []
for sentence in sentences:
    said = client.audio.speech.create(model="tts-1", voice="alloy", input=sentence, response_format="pcm")
    pieces.append(said.read())
pause = bytes(2 * 24_000 * 3 // 2)
long = io.BytesIO()
with wave.open(long, "wb") as out:
    out.setnchannels(1)
    out.setsampwidth(2)
    out.setframerate(24_000)
    out.writeframes(pause.join(pieces * 4))
long.name = "long.wav"
heard = client.audio.transcriptions.create(model="whisper-1", file=long, response_format="verbose_json")
assert heard.duration > 30, heard.duration
assert [s.text for s in heard.segments] == sentences * 4, heard.segments
starts = [s.start for s in heard.segments]
assert starts == sorted(starts), starts
long.seek(0)
deltas = [e for e in client.audio.transcriptions.create(model="whisper-1", file=long, stream=True)]
assert len(deltas) == 13 and deltas[-1].text == " ".join(sentences * 4), deltas

# Every form of speech, recognised again.
for form, mark in [("wav", b"RIFF"), ("flac", b"fLaC"), ("opus", b"OggS"), ("mp3", b"\xff"), (None, b"\xff")]:
    more = {} if form is None else {"response_format": form}
    said = client.audio.speech.create(model="tts-1", voice="nova", input=sentences[2], **more).read()
    assert said.startswith(mark), (form, said[:8])
    file = io.BytesIO(said)
    file.name = f"said.{form or 'mp3'}"
    again = client.audio.transcriptions.create(model="whisper-1", file=file)
    assert again.text == sentences[2], (form, again)

# Faster is shorter; streamed to a file as the documentation of the client does.
slow = client.audio.speech.create(model="tts-1", voice="en-gb", input=" ".join(sentences), response_format="pcm", speed=0.7)
fast = client.audio.speech.create(model="tts-1", voice="en-gb", input=" ".join(sentences), response_format="pcm", speed=1.4)
assert 1.6 < len(slow.read()) / len(fast.read()) < 2.4
with client.audio.speech.with_streaming_response.create(
    model="tts-1", voice="alloy", input="help", response_format="wav"
) as answer:
    assert b"".join(answer.iter_bytes()).startswith(b"RIFF")

# Refusals arrive as this client's own exceptions, with words in them.
def refused(kind, words, call):
    try:
        call()
    except kind as error:
        assert words in error.body["message"], error.body
        assert json.dumps(error.body["code"]), error.body
    else:
        raise AssertionError(f"{words}: not refused")


speak = client.audio.speech.create
refused(openai.BadRequestError, "language", lambda: hear(language="de"))
refused(openai.BadRequestError, "response_format", lambda: speak(model="m", voice="alloy", input="a", response_format="aac"))
refused(openai.BadRequestError, "voice", lambda: speak(model="m", voice="marvin", input="a"))
refused(openai.BadRequestError, "speed", lambda: speak(model="m", voice="alloy", input="a", speed=9))
refused(openai.BadRequestError, "input", lambda: speak(model="m", voice="alloy", input=""))
picture = io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(2_000))
picture.name = "picture.wav"
transcribe = client.audio.transcriptions.create
refused(openai.APIStatusError, "PNG", lambda: transcribe(model="m", file=picture))
stranger = openai.OpenAI(base_url=base, api_key="vc_wrong", max_retries=0)
refused(openai.AuthenticationError, "key", lambda: stranger.audio.speech.create(model="m", voice="alloy", input="a"))
print("all well")
