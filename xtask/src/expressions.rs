//! `cargo xtask expressions`: gets the results of the service's own libraries, for `testdata/expressions/`.
//!
//! The cases are in `testdata/expressions/reference/`. The tests of the crate `expressions` compare with these results;
//! this command is only needed to add cases.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{apt, project, sh::Cmd};

/// The jars, as Maven names them. Debian has Commons JEXL 3.1, whose results differ in places.
const JARS: &str = "org.apache.commons:commons-jexl3:3.0, commons-logging:commons-logging:1.2, \
                    com.jayway.jsonpath:json-path:2.9.0, net.minidev:json-smart:2.5.0, net.minidev:accessors-smart:2.5.0, \
                    org.ow2.asm:asm:9.6, org.slf4j:slf4j-api:2.0.11 and com.fasterxml.jackson.core:jackson-databind:2.14.0 \
                    with its core and annotations";

/// Regenerate testdata/expressions/*.tsv, the results of Apache JEXL, Java and Jayway JSONPath
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Directory with the jars of Commons JEXL 3.0, Jayway JSONPath 2.9 and their dependencies
    #[arg(long)]
    jars: PathBuf,
}

/// Compiles the cases and runs them.
///
/// # Errors
/// There is no JDK and it cannot be installed, a jar is missing, or JEXL has another version.
pub(crate) fn run(args: &Args) -> Result<()> {
    if !Cmd::new("javac").arg("--version").succeeds() {
        apt::install(&["default-jdk-headless"], "compiles and runs the cases")?;
    }
    let jars = jars(&args.jars)?;
    let folder = project::root().join("testdata/expressions");
    let classes = project::cache_dir("expressions")?;
    let sources = files(&folder.join("reference"), "java")?;
    Cmd::new("javac")
        .args(["-nowarn", "-encoding", "UTF-8", "-d"])
        .arg(&classes)
        .arg("-cp")
        .arg(env::join_paths(&jars)?)
        .args(&sources)
        .run()?;
    let classpath = env::join_paths(std::iter::once(&classes).chain(&jars))?;
    Cmd::new("java").args(["-Xmx1g", "-Dfile.encoding=UTF-8", "-cp"]).arg(classpath).arg("Reference").arg(&folder).run()
}

fn jars(folder: &Path) -> Result<Vec<PathBuf>> {
    let jars = files(folder, "jar")?;
    for name in ["commons-jexl3-3.0", "json-path-2.9"] {
        let found = jars.iter().any(|jar| jar.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)));
        ensure!(found, "{} has no {name}*.jar: needed are {JARS}", folder.display());
    }
    Ok(jars)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}
