fn main() -> optim::Result<()> {
    let mut opt = optim::Optimizer::new("adamw")?;
    let line = opt.add("line", &[2], vec![0.0, 0.0])?; // slope, intercept
    opt.set("lr", 0.05)?.set("weight_decay", 0.0)?;
    for _ in 0..1000 {
        let [line] = opt.views([line]);
        line.gradient.fill(0.0);
        for x in (-4..=4).map(|i| f64::from(i) / 4.0) {
            let error = line.params[0] * x + line.params[1] - (2.0 * x + 1.0);
            line.gradient[0] += error * x;
            line.gradient[1] += error;
        }
        opt.step()?;
    }
    let line = opt.params(line);
    println!("y = {:.3} x + {:.3}", line[0], line[1]);
    Ok(())
}
