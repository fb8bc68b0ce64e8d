//! A PostgreSQL of the tests' own: a cluster in the target folder, on a free port of the loopback, run by an unprivileged
//! user. It ends with the test process, however that ends: a shell waits at the other end of a pipe and stops it.
//!
//! Where PostgreSQL is not installed ([`Cluster::start`] gives `None`) a test says that it was skipped.

#![allow(dead_code)] // each test binary uses a part

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use voicecart::store::Store;

pub struct Cluster {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    /// Whose end stops the cluster.
    _watch: Child,
    databases: AtomicU32,
}

impl Cluster {
    /// The one cluster of this test process.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped on PostgreSQL: it is not installed; on Debian: apt-get install postgresql");
            return None;
        };
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("postgres-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir_all(&data).unwrap();
        if let Some((user, group)) = unprivileged() {
            std::os::unix::fs::chown(&data, Some(user), Some(group)).unwrap();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let made = as_nobody(&programs.join("initdb"))
            .args(["-A", "trust", "-U", "voicecart", "--locale=C", "-E", "UTF8", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        // Whatever becomes of this process, its end of the pipe is closed then.
        let script = r#"cat >/dev/null; "$0/pg_ctl" -D "$1" -m immediate stop; rm -rf "$1""#;
        let watch = as_nobody(Path::new("sh"))
            .args(["-c", script])
            .arg(&programs)
            .arg(&data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let cluster = Self { programs, data, port, _watch: watch, databases: AtomicU32::new(0) };
        cluster.up();
        Some(cluster)
    }

    /// Starts the server, or starts it again after [`down`](Self::down).
    pub fn up(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {} -c unix_socket_directories='' -c max_connections=200 -c fsync=off",
            self.port
        );
        let started = as_nobody(&self.programs.join("pg_ctl"))
            .args(["-w", "-t", "60", "-o", &options, "-l"])
            .arg(self.data.join("log"))
            .arg("-D")
            .arg(&self.data)
            .arg("start")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(started.success(), "{}", std::fs::read_to_string(self.data.join("log")).unwrap_or_default());
    }

    /// Stops the server in the middle of whatever it does.
    pub fn down(&self) {
        let mut stop = as_nobody(&self.programs.join("pg_ctl"));
        let stopped = stop.args(["-w", "-m", "immediate", "-D"]).arg(&self.data).arg("stop").stdout(Stdio::null());
        assert!(stopped.status().unwrap().success());
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("shop{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address(&name)
    }

    pub fn address(&self, database: &str) -> String {
        format!("postgres://voicecart@127.0.0.1:{}/{database}", self.port)
    }

    /// What psql prints.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let out = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .arg(self.address(database))
            .output()
            .unwrap();
        assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }
}

/// What a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// An empty database of its own; `None` where the engine is not installed.
    pub async fn store(self) -> Option<Store> {
        match self {
            Self::Sqlite => Some(Store::scratch().await.unwrap()),
            Self::Postgres => {
                let cluster = Cluster::shared()?;
                let beside = cluster.data.join(format!("beside-{}", ulid::Ulid::generate()));
                Some(Store::open_postgres(&cluster.database(), &beside).await.unwrap())
            }
        }
    }
}

/// Runs tests, written as functions of an [`Engine`], on each engine.
#[macro_export]
macro_rules! on_each_engine {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                super::$test($crate::cluster::Engine::Sqlite).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                if $crate::cluster::Cluster::shared().is_some() {
                    super::$test($crate::cluster::Engine::Postgres).await;
                }
            })*
        }
    };
}

/// The folder of PostgreSQL's programs; Debian keeps one for each version, outside of the path.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|e| Some(e.ok()?.path().join("bin"))).collect();
    versions.retain(|folder| folder.join("initdb").exists());
    versions.sort();
    versions.pop()
}

/// The user and group to be where this process is root: PostgreSQL refuses to run as root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |args: &[&str]| -> Option<u32> {
        let out = Command::new("id").args(args).output().ok()?;
        String::from_utf8(out.stdout).ok()?.trim().parse().ok()
    };
    (id(&["-u"])? == 0).then(|| Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))).flatten()
}

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = unprivileged() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// Waits until `done` is true.
pub async fn until(what: &str, patience: Duration, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
