//! `afterimage serve`.

use std::fs;
use std::io::{self, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::signal;

use super::Failure;
use crate::assets::Assets;
use crate::cli::Serve;
use crate::config::Config;
use crate::index::Index;
use crate::journal::SqliteJournal;
use crate::state::Collector;

/// How long requests that are under way may take after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);
/// Threads that decode, read the journal and keep the index.
const BLOCKING: usize = 8;
/// How long a request's head may take. `axum::serve` waits for ever, and each that waits is an open file.
const HEAD: Duration = Duration::from_secs(10);

pub(crate) fn serve(options: Serve) -> Result<(), Failure> {
    let directory = options.data.directory;
    fs::create_dir_all(&directory).map_err(|e| Failure::File(directory.clone(), e))?;
    let journal = SqliteJournal::open(&directory, options.max_journal)?;
    let index = Index::open(&directory)?;
    let assets = Assets::load(options.assets.as_deref());
    let missing = assets.missing();
    if !missing.is_empty() {
        tracing::warn!(?missing, "not built: run `cargo xtask build`");
    }
    let config = Config {
        body_bytes: options.max_body,
        payload_bytes: options.max_payload,
        waiting_bytes: options.max_waiting,
        origins: options.origins,
        sites: options.sites,
        keep_days: options.keep_days,
        operator: options.operator,
        contact: options.contact,
    };
    let collector = Arc::new(Collector::new(config, Arc::new(journal), index, assets));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Each has memory of its own, which may stay what one large batch took.
    let runtime = runtime.enable_all().max_blocking_threads(BLOCKING).build().map_err(Failure::Runtime)?;
    runtime.block_on(listen(collector, options.listen))
}

async fn listen(collector: Arc<Collector>, address: std::net::SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|e| Failure::Listen(address, e))?;
    let bound = listener.local_addr().map_err(|e| Failure::Listen(address, e))?;
    writeln!(io::stdout(), "afterimage: listening on http://{bound}/")?;
    let follower = Arc::clone(&collector);
    tokio::spawn(async move { follower.follow().await });
    if let Some(days) = collector.config.keep_days {
        let keeper = Arc::clone(&collector);
        tokio::spawn(async move { keeper.keep(days).await });
    }

    let service = TowerToHyperService::new(crate::router(collector));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connections = GracefulShutdown::new();
    let mut end = pin!(asked_to_end());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // No file left to open, say: the connections there are will end.
                Err(error) => {
                    tracing::error!(%error, "connection not accepted");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
            () = &mut end => break,
        };
        let _ = stream.set_nodelay(true);
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            let _ = connection.await; // whoever hangs up has nothing to be told
        });
    }
    tracing::info!("ending");
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(GRACE) => {} // what was acknowledged is stored; the rest is sent again
    }
    Ok(())
}

/// Waits for Ctrl-C, or for whoever manages this process.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => return,
                _ = signal::ctrl_c() => return,
            }
        }
    }
    let _ = signal::ctrl_c().await;
}
