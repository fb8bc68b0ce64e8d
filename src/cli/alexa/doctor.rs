//! `voicecart alexa doctor`: tries an Alexa endpoint from outside, as certification does.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::cli::terminal::{BAD, GOOD, LABEL, bar};
use crate::cli::{Failure, Shared, block_on};
use crate::edge::alexa::doctor::{self, DoctorError, Options, Report};

#[derive(Args, Debug)]
pub struct Doctor {
    /// The endpoint [default: /alexa at the configured address]
    url: Option<String>,
    /// The skill's id; without it, requests for another skill are not tried
    #[arg(long, value_name = "ID")]
    application_id: Option<String>,
    /// Serve the doctor's certificate chains here, for an endpoint with alexa.chain_base_override
    #[arg(long, value_name = "ADDRESS", requires = "write_root")]
    serve_chain: Option<SocketAddr>,
    /// Write the doctor's root certificate here, for alexa.extra_root
    #[arg(long, value_name = "FILE", requires = "serve_chain")]
    write_root: Option<PathBuf>,
    /// One JSON document
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let options = Options {
            url: self.url.clone().unwrap_or_else(|| format!("http://{}/alexa", settings.bind)),
            application_id: self.application_id.clone().or_else(|| settings.alexa.application_ids.first().cloned()),
            serve_chain: self.serve_chain,
            write_root: self.write_root.clone(),
        };
        let report = block_on(async {
            let bar = bar(0, "examining", false);
            let report = doctor::examine(&options, |done, of| {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
            })
            .await;
            bar.finish_and_clear();
            report.map_err(failure)
        })?;
        self.tell(&report, &options.url)
    }

    fn tell(&self, report: &Report, url: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        if self.json {
            let rows: Vec<_> = report
                .rows
                .iter()
                .map(|r| serde_json::json!({"case": r.case, "expected": r.expected, "got": r.got, "pass": r.pass}))
                .collect();
            let json = serde_json::json!({"passed": report.passed(), "rows": rows, "notes": report.notes});
            writeln!(out, "{json}")?;
        } else {
            for row in &report.rows {
                let (style, word) = if row.pass { (GOOD, "good") } else { (BAD, "BAD ") };
                writeln!(out, "{style}{word}{style:#}  {}", row.case)?;
                if !row.pass {
                    writeln!(out, "      expected {}, got {}", row.expected, row.got)?;
                }
            }
            for note in &report.notes {
                writeln!(out, "{LABEL}{note}{LABEL:#}")?;
            }
        }
        let bad = report.rows.iter().filter(|r| !r.pass).count();
        match bad {
            0 => Ok(()),
            n => Err(Failure::failed(anyhow::anyhow!(
                "{n} of {} requests were not answered as they should be by {url}",
                report.rows.len()
            ))),
        }
    }
}

fn failure(error: DoctorError) -> Failure {
    match error {
        DoctorError::Unreachable { .. } | DoctorError::Serve(..) => Failure::absent(error),
        DoctorError::HalfASeam | DoctorError::Write(..) => Failure::input(error),
        error => Failure::failed(error),
    }
}
