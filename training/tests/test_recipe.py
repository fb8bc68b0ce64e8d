"""What must hold for a trained model to be read back by whisper.cpp: texts cut and joined, numbers packed and unpacked,
spectrograms of the right length, words as the server writes them. `python -m pytest training`"""

import numpy as np
import pytest

from ear import augment, ggml, sounds, spoken, text
from ear.blend import EMBEDDING, blend
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


@pytest.mark.parametrize(("packing", "error"), [("f32", 0), ("f16", 1e-3), ("q8_0", 5e-3), ("q5_0", 7e-2)])
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
