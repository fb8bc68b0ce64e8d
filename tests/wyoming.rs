//! The Wyoming door: Home Assistant's exchanges played with the reference package, and callers who should not be there.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::time::Duration;

use support::{Server, clients};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn home_assistants_exchanges() {
    let server = Server::with(|s| s.wyoming.bind = Some(([127, 0, 0, 1], 0).into())).await;
    let corpus = server.data.path().join("corpus");
    std::fs::create_dir(&corpus).unwrap();
    let port = server.satellites.unwrap().port().to_string();
    let bench = clients::folder().join("bin/wyoming-bench");
    let clip = "audio-fixtures/08-find-dog-food-clean.wav".to_owned();
    let text = |p: &std::path::Path| p.to_str().unwrap().to_owned();
    clients::run_python("wyoming_client.py", vec![port, clip, text(&corpus), text(&bench)]).await;
    assert!(server.is_well().await);
    server.stop().await;
}

async fn talk(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.satellites.unwrap()).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_garbage_and_half_events_do_no_harm() {
    let closed = Server::with(|s| {
        s.wyoming.bind = Some(([127, 0, 0, 1], 0).into());
        s.wyoming.allow = vec!["192.0.2.0/24".into()];
    })
    .await;
    assert_eq!(talk(&closed, b"{\"type\":\"describe\"}\n").await, "", "an address that is not on the list");
    closed.stop().await;

    let server = Server::with(|s| s.wyoming.bind = Some(([127, 0, 0, 1], 0).into())).await;
    assert!(talk(&server, b"{\"type\":\"describe\"}\n").await.contains("\"info\""));
    for bytes in [
        &b""[..],
        b"{\"type\":",
        b"\n",
        b"{\"type\":\"audio-chunk\",\"payload_length\":1000000}\nabc",
        b"{\"type\":\"audio-chunk\",\"payload_length\":100000000000}\n",
        b"{\"type\":\"audio-start\",\"data\":{\"rate\":16000}}\n{\"type\":\"audio-stop\"}\n",
        &[0xff; 100_000],
    ] {
        talk(&server, bytes).await;
    }
    // One who hangs up in the middle of a recording leaves nothing behind that keeps the server from stopping.
    let mut stream = TcpStream::connect(server.satellites.unwrap()).await.unwrap();
    stream
        .write_all(b"{\"type\":\"audio-start\",\"data\":{\"rate\":16000,\"width\":2,\"channels\":1}}\n")
        .await
        .unwrap();
    drop(stream);
    let idle = TcpStream::connect(server.satellites.unwrap()).await.unwrap();
    assert!(server.is_well().await);
    tokio::time::timeout(Duration::from_secs(5), server.stop()).await.unwrap();
    drop(idle);
}
