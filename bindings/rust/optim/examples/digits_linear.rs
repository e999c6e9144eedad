//! A linear classifier of handwritten digits: 64 pixels, 10 classes. Its argument is the path of digits.csv, which is
//! in examples/data.

use std::error::Error;
use std::{env, fs};

use optim::{Optimizer, Schedule, View};

const IMAGES: usize = 1797;
const LEARNING: usize = 1438;
const PIXELS: usize = 64;
const CLASSES: usize = 10;
const BATCH: usize = 32;
const EPOCHS: usize = 20;

struct Image {
    x: Vec<f32>,
    label: usize,
}

fn read_digits(path: &str) -> Result<Vec<Image>, Box<dyn Error>> {
    let mut images = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let numbers = line.split(',').map(str::parse).collect::<Result<Vec<u16>, _>>()?;
        match numbers.split_last() {
            Some((&label, pixels)) if pixels.len() == PIXELS && usize::from(label) < CLASSES => {
                let x = pixels.iter().map(|&pixel| f32::from(pixel) / 16.0).collect();
                images.push(Image { x, label: label.into() });
            }
            _ => return Err(format!("{path}: not {PIXELS} pixels and a label: {line}").into()),
        }
    }
    if images.len() == IMAGES {
        Ok(images)
    } else {
        Err(format!("{path}: {} images instead of {IMAGES}", images.len()).into())
    }
}

fn scores(weight: &[f32], bias: &[f32], x: &[f32]) -> [f32; CLASSES] {
    let mut score = [0.0; CLASSES];
    score.copy_from_slice(bias);
    for (x, weight) in x.iter().zip(weight.chunks_exact(CLASSES)) {
        for (score, weight) in score.iter_mut().zip(weight) {
            *score += x * weight;
        }
    }
    score
}

/// Add the gradient of half the squared error of one image.
fn learn(weight: &mut View<'_, f32>, bias: &mut View<'_, f32>, image: &Image) {
    let mut error = scores(weight.params, bias.params, &image.x);
    error[image.label] -= 1.0;
    for (x, gradient) in image.x.iter().zip(weight.gradient.chunks_exact_mut(CLASSES)) {
        for (gradient, error) in gradient.iter_mut().zip(error) {
            *gradient += x * error;
        }
    }
    for (gradient, error) in bias.gradient.iter_mut().zip(error) {
        *gradient += error;
    }
}

/// The first of the largest.
fn largest(scores: [f32; CLASSES]) -> usize {
    (1..CLASSES).fold(0, |best, c| if scores[c] > scores[best] { c } else { best })
}

/// FNV-1a of the bits of the numbers, the lowest byte first.
fn digest<'n>(numbers: impl Iterator<Item = &'n f32>) -> u64 {
    numbers
        .flat_map(|number| number.to_le_bytes())
        .fold(14695981039346656037, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1099511628211))
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args().nth(1).ok_or("usage: digits_linear DIGITS_CSV")?;
    let images = read_digits(&path)?;
    let (learning, validation) = images.split_at(LEARNING);

    let mut opt = Optimizer::new("adamw")?;
    let weight = opt.add("weight", &[PIXELS, CLASSES], vec![0.0; PIXELS * CLASSES])?;
    let bias = opt.add("bias", &[CLASSES], vec![0.0; CLASSES])?;
    opt.set("lr", 0.005)?.set("weight_decay", 0.01)?.set_for("bias", "weight_decay", 0.0)?;
    opt.set("grad_scale", BATCH as f64)?;
    let steps = EPOCHS * ((LEARNING + BATCH - 1) / BATCH);
    opt.attach("lr", Schedule::new("cosine")?.with("steps", steps as f64)?)?;

    for _ in 0..EPOCHS {
        for batch in learning.chunks(BATCH) {
            let [mut weight, mut bias] = opt.views([weight, bias]);
            weight.gradient.fill(0.0);
            bias.gradient.fill(0.0);
            for image in batch {
                learn(&mut weight, &mut bias, image);
            }
            opt.step()?;
        }
    }

    let (weight, bias) = (opt.params(weight), opt.params(bias));
    let right = validation.iter().filter(|image| largest(scores(weight, bias, &image.x)) == image.label).count();
    println!("accuracy {:.2} %", 100.0 * right as f64 / validation.len() as f64);
    println!("weights {:016x}", digest(weight.iter().chain(bias)));
    Ok(())
}
