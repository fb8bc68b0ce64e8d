"""What must hold for a trained model to be read back by whisper.cpp: texts cut and joined, numbers packed and unpacked,
spectrograms of the right length, words as the server writes them. `python -m pytest training`"""

import json

import numpy as np
import pytest
import soundfile
import torch
from torch.nn import functional as F

from ear import accents, augment, cut, data, finality, ggml, model, sounds, spoken, text, train, voices
from ear.blend import EMBEDDING, blend
from ear.data import Clip
from ear.vocabulary import ALPHABET, Vocabulary, learn
from random import Random


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (19, "nineteen"),
        (40, "forty"),
        (101, "one hundred one"),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine"),
    ],
)
def test_numbers(value, words):
    assert spoken.number(value) == words


def test_numbers_too_large_are_refused():
    with pytest.raises(ValueError, match="1000000"):
        spoken.number(1_000_000)


@pytest.mark.parametrize(("value", "words"), [(1, "first"), (12, "twelfth"), (20, "twentieth"), (31, "thirty first")])
def test_ordinals(value, words):
    assert spoken.ordinal(value) == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Don't buy it!", "don't buy it"),
        ("USB-C cable, 6 ft", "usb c cable six ft"),
        ("1,200 sheets", "one thousand two hundred sheets"),
        ("café", None),
        ("'quoted'", "quoted"),
    ],
)
def test_plain(raw, words):
    assert spoken.plain(raw) == words


def test_numbers_that_sound_alike_are_all_drawn():
    drawn = {spoken.teen_or_ten(Random(i)) for i in range(300)}
    assert len(drawn) == 14 and {"fifteen", "fifty"} <= drawn and not {"ten", "twelve", "twenty"} & drawn


def test_spelled_letters_are_given_to_the_synthesiser_by_their_names():
    assert spoken.letters("ann") == ("a n n", "ay n n")


def test_every_text_comes_back_from_its_pieces():
    texts = ["add milk to my basket", "where is order four two", "the quick brown fox's zebra jam"]
    vocabulary = learn(texts, 60)
    assert len(vocabulary.pieces) <= 60
    for said in [*texts, "unseen words like xylophone", "q u v x"]:
        assert vocabulary.decode(vocabulary.encode(said)) == said


def test_a_vocabulary_gets_the_letters_it_lacks_at_its_end():
    old = Vocabulary(["<pad>", *[c for c in ALPHABET if c != "q"], " t"])
    with pytest.raises(ValueError, match="'q'"):
        old.encode("quilt")
    new = old.with_letters()
    assert new.pieces[: len(old.pieces)] == old.pieces
    assert new.decode(new.encode("quilt")) == "quilt"


@pytest.mark.parametrize(("packing", "error"), [("f32", 0), ("f16", 1e-3), ("q8_0", 5e-3), ("q5_0", 7e-2), ("q4_0", 0.14)])
def test_numbers_packed_and_unpacked(packing, error):
    numbers = np.random.default_rng(1).standard_normal((4, 64)).astype(np.float32)
    numbers[0, :32] = 0
    back = ggml.unpack(ggml.pack(numbers, packing), packing).reshape(numbers.shape)
    assert np.abs(back - numbers).max() <= error * np.abs(numbers).max()


def test_a_model_file_comes_back_as_it_was_written(tmp_path):
    header = dict.fromkeys(ggml.FIELDS, 4)
    model = ggml.Model(header, np.ones((2, 3), np.float32), [b"a", b"", b" bc"])
    model.tensors = {"encoder.conv1.weight": np.ones((2, 2, 3)), "x.weight": np.eye(32), "x.bias": np.arange(3.0)}
    ggml.write(tmp_path / "m.bin", model, "q8_0")
    back = ggml.read(tmp_path / "m.bin")
    assert back.header == header | {"ftype": 2007}
    assert back.vocabulary == model.vocabulary
    assert back.kinds == {"encoder.conv1.weight": "f16", "x.weight": "q8_0", "x.bias": "f32"}
    for name, tensor in model.tensors.items():
        assert np.allclose(back.tensors[name], tensor, atol=1e-3)


def test_a_blend_lies_between_two_models_and_knows_the_pieces_of_the_new_one():
    def model(value, last):
        tensors = {EMBEDDING: np.full((3, 2), value, np.float32), "w": np.full(4, value, np.float32)}
        return ggml.Model({}, np.zeros((1, 1)), [b"a", b"b", last], tensors)

    both = blend(model(1.0, b""), model(2.0, b"q"), 0.75)
    assert both.vocabulary[2] == b"q"
    assert both.tensors["w"].tolist() == [1.75] * 4
    assert both.tensors[EMBEDDING].tolist() == [[1.75, 1.75], [1.75, 1.75], [2.0, 2.0]]
    other = model(1.0, b"")
    other.tensors["w"] = np.zeros(5, np.float32)
    with pytest.raises(ValueError, match="shapes"):
        blend(other, model(2.0, b"q"), 0.5)


def small_ear() -> model.Ear:
    torch.manual_seed(1)
    return model.Ear(learn(["stop"] * 3, 40), width=32, heads=2, layers=(3, 1)).eval()


def test_a_model_that_grows_hears_as_before_and_learns_in_its_new_layers():
    ear = small_ear()
    mel = torch.randn(2, 80, 64)
    before = ear.encoder(mel)
    model.deepen(ear, 5)
    assert ear.shape == (32, 2, (5, 1)) and len(ear.encoder.blocks) == 5
    new = [i for i, block in enumerate(ear.encoder.blocks) if not block.attn.out.weight.any()]
    assert new == [2, 4]
    assert torch.equal(ear.encoder(mel), before)
    # What is normalised has a mean that no weight changes.
    ear.encoder(mel).square()[..., 0].sum().backward()
    assert all(ear.encoder.blocks[i].mlp[2].weight.grad.any() for i in new)
    model.deepen(ear, 4)
    assert len(ear.encoder.blocks) == 5


def test_a_checkpoint_comes_back_with_its_letters(tmp_path):
    ear = small_ear()
    train._save(tmp_path / "best.pt", {"ear": ear.state_dict(), "pieces": ear.vocabulary.pieces, "shape": ear.shape})
    back = model.read(tmp_path / "best.pt")
    assert back.shape == ear.shape
    assert torch.equal(back.letters.weight, ear.letters.weight)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "m.bin").write_bytes(b"RIFF0000")
    with pytest.raises(ValueError, match="no ggml file"):
        ggml.read(tmp_path / "m.bin")


@pytest.mark.parametrize("kind", sounds.KINDS)
def test_sounds_are_as_long_as_asked_and_not_too_loud(kind):
    sound = sounds.make(kind, 0.5, np.random.default_rng(3))
    assert sound.shape == (8000,)
    assert 0 < np.abs(sound).max() <= 1


def test_rooms_keep_words_where_they_are():
    rng = np.random.default_rng(5)
    clip = (np.sin(np.arange(16_000) / 8) * 0.5).astype(np.float32)
    rooms = augment.Rooms([clip], 1, seconds=1, rooms=3)
    for hard in (0.0, 1.0):
        changed = augment.apply(clip, rooms, rng, hard)
        assert changed.dtype == np.float32
        assert 12_000 < len(changed) < 50_000
        assert np.abs(changed).max() <= 1.5


def test_microphones_favour_some_frequencies_and_some_end_at_once():
    rng = np.random.default_rng(2)
    clip = rng.standard_normal(16_000).astype(np.float32)
    spectra = np.array([np.abs(np.fft.rfft(augment._microphone(clip, rng))) for _ in range(100)])
    high = spectra[:, 4_100:].max(1) < 1e-3 * spectra[:, :3_000].max(1)
    assert 3 <= high.sum() <= 30
    loud = np.log10(np.square(spectra[:, 300:3_000]).mean(1) / np.square(np.abs(np.fft.rfft(clip))[300:3_000]).mean())
    assert 0.1 < loud.std() < 1.5 and abs(loud.mean()) < 0.5


def test_the_shop_says_only_what_can_be_written(tmp_path):
    model = tmp_path / "model.json"
    model.write_text(
        '{"interactionModel": {"languageModel": {"invocationName": "shop", "intents": ['
        '{"name": "Buy", "samples": ["buy {Quantity} {Query}", "use {Code}", "order {OrderNumber} from {Date}"]}],'
        '"types": [{"name": "Product", "values": [{"name": {"value": "7-Up", "synonyms": ["soda"]}}]}]}}}'
    )
    shop, rng = text.Shop(model, None), Random(1)
    for _ in range(300):
        said, _ = shop.command(rng, [])
        plain = spoken.plain(said)
        assert plain and "{" not in plain


def test_what_people_say_beyond_the_samples_is_said_too_and_what_means_no_shop_is_plain_english(tmp_path):
    model = tmp_path / "model.json"
    model.write_text('{"interactionModel": {"languageModel": {"intents": [{"name": "Buy", "samples": ["buy it"]}], "types": []}}}')
    told = "# why\nBuy\tchuck in some {tea|Product}\nAMAZON.FallbackIntent\tput the kettle on\n"
    (tmp_path / "sentences.tsv").write_text(told)
    shop = text.Shop(model, None, sentences=True)
    assert shop.by_intent == {"Buy": ["buy it", "chuck in some {Product}"]}
    assert shop.outside == ["put the kettle on"]
    assert text.Shop(model, None).by_intent == {"Buy": ["buy it"]}


def test_the_same_seed_writes_the_same_lines(tmp_path):
    model = tmp_path / "model.json"
    model.write_text(
        '{"interactionModel": {"languageModel": {"intents": [{"name": "Buy", "samples": ["buy {Quantity} {Product}"]}],'
        '"types": [{"name": "Product", "values": [{"name": {"value": "soda"}}]}]}}}'
    )
    counts = {"command": 20, "number": 20, "spelled": 10}
    for name in ("a", "b"):
        text.write(tmp_path / name, model, None, [], counts, 7)
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() != ""


def test_samples_with_swapped_bytes_are_noticed():
    speech = (np.sin(np.arange(16_000) / 9) * np.hanning(16_000) * 9_000).astype(np.int16)
    noise = np.random.default_rng(1).integers(-9_000, 9_000, 16_000).astype(np.int16)
    assert not data.swapped([speech, speech, noise])
    assert data.swapped([speech.byteswap(), speech.byteswap(), noise])


def test_letters_are_found_where_they_were_heard():
    heard = "__aa_b__bb_"
    chances = np.full((len(heard), 3), -9.0)
    for t, letter in enumerate(heard):
        chances[t, "_ab".index(letter)] = -0.1
    places = cut.path(chances, [1, 2, 2])
    assert [heard[p] for p in places] == ["a", "b", "b"]
    assert list(places) == sorted(set(places))
    with pytest.raises(ValueError, match="3 letters"):
        cut.path(chances[:2], [1, 2, 2])


def test_words_are_cut_in_the_quiet_between_them():
    said = np.concatenate([np.full(9_600, 9_000), np.zeros(3_200), np.full(9_600, 9_000)]).astype(np.int16)
    said[::2] *= -1
    clip = Clip("a b", said, "ann")
    chances = np.full((70, len(ALPHABET) + 1), -9.0)
    chances[:, 0] = -0.1
    for position, letter in ((20, "a"), (35, " "), (50, "b")):
        chances[position, [0, ALPHABET.index(letter) + 1]] = -9.0, -0.1
    (start, middle), (again, end) = cut.spans(clip, chances)
    assert start < 20 < 30 <= middle == again < 40 < 50 < end


def test_words_of_one_speaker_are_strung_together():
    found = [cut.Piece("a", np.full(3_000, 0.5, np.float32)), cut.Piece("b", np.full(2_000, 0.2, np.float32))]
    said, sound = cut.string(found, np.random.default_rng(1))
    assert set(said.split()) <= {"a", "b"} and 1 <= len(said.split()) <= 8
    assert sound[0] == 0 and 0.3 < np.abs(sound).max() <= 0.71


@pytest.mark.parametrize("packing", ["q4_0", "q5_0", "q8_0", "f16"])
def test_training_sees_the_matrices_as_the_file_has_them(packing):
    torch = pytest.importorskip("torch")
    from ear import model, train

    torch.manual_seed(1)
    ear = model.Ear(learn(["a b"], 8), width=64, heads=2, layers=(1, 1))
    seen = train._as_packed(ear, packing)
    assert {n.split(".")[-2] for n in seen} >= {"query", "0", "token_embedding"} and "letters.weight" not in seen
    for name, matrix in seen.items():
        own = dict(ear.named_parameters())[name].detach().numpy()
        back = ggml.unpack(ggml.pack(own, packing), packing).reshape(own.shape)
        assert np.abs(matrix.detach().numpy() - back).max() < 1e-6
        assert matrix.requires_grad and matrix.dtype == torch.float32


def test_a_buzz_has_its_pitch_and_its_fall_is_seen():
    """As `src/audio/finality.rs` measures it: pitch in quarters of an octave against the usual one, loudness against vowels."""

    def buzz(hertz, seconds):
        return (0.3 * ((np.arange(int(seconds * 16_000)) * hertz / 16_000) % 1 - 0.5)).astype(np.float32)

    sound = np.concatenate([buzz(120, 1.2), buzz(100, 0.3), np.zeros(finality.AFTER, np.float32)])
    frames = finality.look(sound)
    voiced = frames[:, -3] > 2 * finality.PERIODIC - 1
    assert frames.shape == (finality.FRAMES, finality.WIDTH)
    assert (frames[:, -1] == 1).sum() == (len(sound) - 768) // 512 + 1
    assert abs(frames[30, -2]) < 0.1
    assert abs(frames[voiced][-2, -2] - 4 * np.log2(100 / 120)) < 0.15
    assert frames[-1, 0] < -1
    assert not finality.look(sound[:767]).any()


def test_pauses_lie_between_the_words_after_the_last_and_inside():
    rng = np.random.default_rng(1)
    room, word = 0.001 * rng.standard_normal(8000), 0.3 * rng.standard_normal(8000)
    # The voice goes down for a moment, as before a hard consonant.
    word[4000:4500] *= 0.1
    found = finality.pauses(np.concatenate([room, word, room[:5000], word, room]).astype(np.float32), rng)
    assert [p.final for p in found if not p.inside] == [False, True]
    between, inside, last = found[0], [p for p in found if p.inside], found[-1]
    assert abs(between.at - 16_000) <= 256 and abs(last.at - 29_000) <= 256
    quiet = [(12_000, 12_800), (16_000, 21_000), (25_000, 25_800)]
    assert inside and all(any(low <= p.at <= high for low, high in quiet) for p in inside)
    assert between.weight > inside[0].weight


def test_weights_are_written_as_rust():
    torch.manual_seed(1)
    written = finality.table(finality.Net(), 0.0)
    assert f"INPUT: [[i16; {finality.WIDTH}]; {3 * finality.HIDDEN}]" in written
    assert f"OUT: [i16; {finality.HIDDEN}]" in written and "OUT_BIAS: i16 = " in written


@pytest.mark.parametrize("causal", [False, True])
def test_attention_on_a_processor_is_what_torch_has(causal):
    torch.manual_seed(1)
    attention = model.Attention(16, 4)
    x, source = torch.randn(2, 5, 16), torch.randn(2, 5 if causal else 7, 16)
    split = lambda t: t.unflatten(2, (4, -1)).transpose(1, 2)  # noqa: E731
    q, k, v = split(attention.query(x)), split(attention.key(source)), split(attention.value(source))
    expected = attention.out(F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2))
    assert torch.allclose(attention(x, source, causal), expected, atol=1e-6)


def test_two_workers_train_one_model(tmp_path):
    rng = np.random.default_rng(1)
    (tmp_path / "audio").mkdir()
    np.save(tmp_path / "audio/0000.npy", rng.integers(-3000, 3000, 16_000 * 8).astype(np.int16))
    rows = [{"text": "stop", "kind": "command", "start": 16_000 * i, "length": 16_000} for i in range(8)]
    (tmp_path / "audio/0000.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    plan = train.Plan(minutes=0.1, warm_up=1, batch_seconds=4, workers=2, agree_seconds=1)
    train.run(plan, tmp_path / "audio", [], {}, tmp_path / "train", None, learn(["stop"] * 3, 40))
    kept = torch.load(tmp_path / "train/last.pt", weights_only=True)
    assert kept["step"] > 1 and kept["spent"] >= 6
    assert all(torch.isfinite(t).all() for t in kept["ear"].values())


def test_what_workers_agree_on_is_the_mean(tmp_path):
    torch.multiprocessing.spawn(agree, (f"file://{tmp_path}/meeting",), 2)


def agree(worker, meeting):
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=worker, world_size=2)
    ear = torch.nn.Linear(3, 2)
    torch.nn.init.constant_(ear.weight, worker)
    average = {"weight": torch.full((2, 3), 10.0 * worker), "steps": torch.tensor(worker)}
    assert train._agree(ear, average, 4.0 + 2 * worker) == 5
    assert (ear.weight == 0.5).all() and (average["weight"] == 5).all() and average["steps"] == worker
    torch.distributed.destroy_process_group()


PLAN = ["sound pau 0.2", "sound dh 0.04 0.2 100", "sound iy 0.1 0.26 120", "sound iy 0.1", "sound ow 0.2 0.54 110", "sound p 0.08"]


def test_a_foreign_speaker_has_sounds_of_their_own_for_ours():
    speaker = accents.Speaker("dh=d iy=i: ow=o+u pau=#", 210)
    said = accents.foreign(PLAN, speaker, 1.0, 1.0, 1.0, Random(1))
    assert [s.name for s in said] == ["#", "d", "i:", "o", "u", "p"]
    assert [round(s.seconds, 3) for s in said] == [0.2, 0.04, 0.2, 0.12, 0.08, 0.08]
    assert [(round(at, 3), round(hertz)) for at, hertz in said[2].melody] == [(0.02, 240)]
    faster = accents.foreign(PLAN, speaker, 2.0, 0.5, 1.0, Random(1))
    assert faster[2].scheme() == '("i:" 0.1000 (0.0100 120.0))'


def test_a_habit_lasts_a_sentence_and_a_sound_can_fall_silent():
    speaker = accents.Speaker("dh=d|z iy=", 100)
    names = {" ".join(s.name for s in accents.foreign([*PLAN, PLAN[1]], speaker, 1, 1, 1, Random(n))) for n in range(20)}
    assert names == {"pau d ow p d", "pau z ow p z"}


@pytest.mark.skipif(not voices._foreign(), reason="no festival voices of other languages")
@pytest.mark.parametrize("name", voices._foreign())
def test_every_foreign_speaker_that_is_installed_says_every_sound_of_english(name, tmp_path):
    words = "the usual: how far, huge boys' treasure, thin chewing gum, good job, yellow zebra, vague ship, little button rhythm"
    for habits in range(3):
        accents.speak(name, 1.0, 1.0, 1.0, words, Random(habits), tmp_path / "said.wav")
        samples, rate = soundfile.read(tmp_path / "said.wav")
        assert 5 < len(samples) / rate < 12
        assert abs(samples).max() > 0.1
