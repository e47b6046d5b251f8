//! `cargo xtask`: the repository's own commands, one file each.
//!
//! They may print and install packages; the product itself must never need them.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line tool for developers")]

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

mod apt;
mod bench;
mod capabilities;
mod ci;
mod demo;
mod engine;
mod expressions;
mod fuzz;
mod images;
mod project;
mod runc_wrapper;
mod sh;
mod test;
mod tidy;

/// The repository's commands; each does its own set-up and asks no question.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    Engine(engine::Args),
    Images(images::Args),
    Demo(demo::Args),
    Test(test::Args),
    Attack(test::AttackArgs),
    Ci(ci::Args),
    Tidy(tidy::Args),
    Bench(bench::Args),
    Fuzz(fuzz::Args),
    Expressions(expressions::Args),
}

fn main() -> ExitCode {
    let done = match runc_wrapper::invoked() {
        Some(arguments) => runc_wrapper::run(&arguments).map(|never| match never {}),
        None => run(Command::parse()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Engine(args) => engine::run(&args),
        Command::Images(args) => images::run(&args),
        Command::Demo(args) => return demo::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Attack(args) => test::attack(&args),
        Command::Ci(args) => ci::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Expressions(args) => expressions::run(&args),
    }
    .map(|()| ExitCode::SUCCESS)
}
