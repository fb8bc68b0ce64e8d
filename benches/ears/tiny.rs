//! How long whisper.cpp takes for the same sound with weights of tiny.en's size, its defaults and one thread. No official
//! weights are needed: what the numbers are does not change how long they take, so a file of tiny.en's shape is made here,
//! of random ones. What random weights would spoil is settled in its favour: it writes no more tokens than ours did, and
//! tries no sentence twice.

use std::io::{BufWriter, Write};
use std::time::Instant;

use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

const PIECES: i32 = 50_257;
const BLANK: i32 = 220;
const VOCABULARY: i32 = 51_864;
const WIDTH: i32 = 384;
const HEADS: i32 = 6;
const LAYERS: i32 = 4;
const AUDIO_POSITIONS: i32 = 1_500;
const TEXT_POSITIONS: i32 = 448;
const MELS: i32 = 80;
const BINS: i32 = 201;

/// Seconds for each of `runs` times, after one that does not count.
pub fn seconds(sound: &[f32], tokens: i32, runs: usize) -> Vec<f64> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let mut out = BufWriter::new(file.as_file());
    write(&mut out).and_then(|()| out.flush()).expect("room for a model of 75 MB");
    let path = file.path().to_str().expect("a plain path");
    let context = WhisperContext::new_with_params(path, WhisperContextParameters::default()).expect("tiny.en's shape");
    let mut state = context.create_state().expect("memory");
    let mut run = || {
        let mut how = FullParams::new(SamplingStrategy::Greedy { best_of: 5 });
        how.set_n_threads(1);
        how.set_language(Some("en"));
        how.set_temperature_inc(0.0);
        how.set_single_segment(true);
        how.set_max_tokens(tokens);
        how.set_print_progress(false);
        let began = Instant::now();
        state.full(how, sound).expect("heard");
        began.elapsed().as_secs_f64()
    };
    run();
    (0..runs).map(|_| run()).collect()
}

fn write(out: &mut impl Write) -> std::io::Result<()> {
    let numbers = |out: &mut dyn Write, all: &[i32]| all.iter().try_for_each(|n| out.write_all(&n.to_le_bytes()));
    numbers(out, &[0x6767_6d6c])?;
    let half_precision = 1;
    let text = [TEXT_POSITIONS, WIDTH, HEADS, LAYERS, MELS, half_precision];
    numbers(out, &[VOCABULARY, AUDIO_POSITIONS, WIDTH, HEADS, LAYERS])?;
    numbers(out, &text)?;
    numbers(out, &[MELS, BINS])?;
    for _ in 0..MELS * BINS {
        out.write_all(&0.01f32.to_le_bytes())?;
    }
    numbers(out, &[PIECES])?;
    for piece in 0..PIECES {
        // Whisper.cpp looks for the blank by its text.
        let text = if piece == BLANK { " ".to_owned() } else { piece.to_string() };
        numbers(out, &[text.len() as i32])?;
        out.write_all(text.as_bytes())?;
    }
    let mut random = fastrand::Rng::with_seed(1);
    // The fastest axis first, as ggml counts them. Matrices are halves, the rest is whole.
    let mut tensor = |name: String, shape: &[i32], half: bool| {
        numbers(out, &[shape.len() as i32, name.len() as i32, i32::from(half)])?;
        numbers(out, shape)?;
        out.write_all(name.as_bytes())?;
        let scale = if name.contains("ln") && name.ends_with("weight") { 1.0 } else { 0.0 };
        for _ in 0..shape.iter().product::<i32>() {
            let value = scale + (random.f32() - 0.5) * 0.1;
            if half { out.write_all(&half_of(value).to_le_bytes())? } else { out.write_all(&value.to_le_bytes())? }
        }
        Ok::<(), std::io::Error>(())
    };
    tensor("encoder.positional_embedding".into(), &[WIDTH, AUDIO_POSITIONS], false)?;
    for (name, from) in [("encoder.conv1", MELS), ("encoder.conv2", WIDTH)] {
        tensor(format!("{name}.weight"), &[3, from, WIDTH], true)?;
        tensor(format!("{name}.bias"), &[1, WIDTH], false)?;
    }
    tensor("decoder.positional_embedding".into(), &[WIDTH, TEXT_POSITIONS], false)?;
    tensor("decoder.token_embedding.weight".into(), &[WIDTH, VOCABULARY], true)?;
    for (side, last) in [("encoder", "ln_post"), ("decoder", "ln")] {
        for part in ["weight", "bias"] {
            tensor(format!("{side}.{last}.{part}"), &[WIDTH], false)?;
        }
        let attentions: &[&str] = if side == "encoder" { &["attn"] } else { &["attn", "cross_attn"] };
        for block in (0..LAYERS).map(|n| format!("{side}.blocks.{n}")) {
            for attention in attentions {
                for matrix in ["query", "key", "value", "out"] {
                    tensor(format!("{block}.{attention}.{matrix}.weight"), &[WIDTH, WIDTH], true)?;
                    if matrix != "key" {
                        tensor(format!("{block}.{attention}.{matrix}.bias"), &[WIDTH], false)?;
                    }
                }
                for part in ["weight", "bias"] {
                    tensor(format!("{block}.{attention}_ln.{part}"), &[WIDTH], false)?;
                }
            }
            for part in ["weight", "bias"] {
                tensor(format!("{block}.mlp_ln.{part}"), &[WIDTH], false)?;
            }
            for (matrix, from, to) in [("mlp.0", WIDTH, 4 * WIDTH), ("mlp.2", 4 * WIDTH, WIDTH)] {
                tensor(format!("{block}.{matrix}.weight"), &[from, to], true)?;
                tensor(format!("{block}.{matrix}.bias"), &[to], false)?;
            }
        }
    }
    Ok(())
}

/// A small number, far from the ends of its range, in sixteen bits.
fn half_of(value: f32) -> u16 {
    let bits = value.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32 - 127 + 15;
    if exponent <= 0 { 0 } else { (bits >> 16 & 0x8000) as u16 | (exponent as u16) << 10 | (bits >> 13 & 0x3ff) as u16 }
}
