//! Keeps the evidence of a run that did not pass: each node's error log, state files and status, and the
//! step at which it happened.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use futures::future::join_all;
use seatrial_scenarios::RunRecord;

use crate::cluster::Cluster;
use crate::host::Host;

/// The command that reads evidence from a host, and the file for it.
const TAKEN: [(&str, &str); 6] = [
    (
        "mariadb.log",
        ". /opt/seatrial/lib/unit.sh; tail -n 5000 $log",
    ),
    ("grastate.dat", "cat /var/lib/mysql/grastate.dat"),
    ("gvwstate.dat", "cat /var/lib/mysql/gvwstate.dat"),
    (
        "status.txt",
        ". /opt/seatrial/lib/unit.sh; systemctl status $service; timeout 10 mysql -t -e \"SHOW GLOBAL STATUS LIKE 'wsrep%'\"",
    ),
    (
        "unit.txt",
        "cd /run/seatrial/unit && grep -a '' * ; ls -la /var/lib/mysql; cat /var/log/ciphermail-gateway-backend.log",
    ),
    (
        "network.txt",
        "iptables -nvxL; iptables -t raw -nvxL; ss -tn",
    ),
];

/// Returns the whole error log of a host's server, or what garbd has printed; `None` where there is none, or it cannot
/// be read.
pub(crate) async fn error_log(host: &Host) -> Option<String> {
    let line = ". /opt/seatrial/lib/unit.sh; cat $log";
    let command = [crate::programs::OPERATOR, "evidence", line];
    let ended = host.run(&command, async {}).await.ok()?;
    (ended.exit == Some(0)).then_some(ended.stdout)
}

/// Writes the evidence into a folder of its own, and says how many files that were. What a host does
/// not give is left out; a folder that cannot be written is told by the error.
pub(crate) async fn keep(
    cluster: &Cluster,
    record: &RunRecord,
    folder: &Path,
) -> std::io::Result<usize> {
    let folder = folder.join(format!("{}-seed-{}", record.id, record.seed));
    fs::create_dir_all(&folder)?;
    let mut step = format!(
        "{} on {}: {}\n",
        record.id,
        record.engine,
        record.verdict.name()
    );
    if let Some(failure) = &record.failure {
        let _ = writeln!(step, "step {}: {}", failure.step, failure.text);
    }
    fs::write(folder.join("step.txt"), step)?;
    let mut files = 1;
    for host in &cluster.hosts {
        let of_node = folder.join(host.node.as_str());
        fs::create_dir_all(&of_node)?;
        let texts = join_all(TAKEN.iter().map(|(_, line)| async move {
            host.run(&[crate::programs::OPERATOR, "evidence", line], async {})
                .await
        }))
        .await;
        for ((name, _), text) in TAKEN.iter().zip(texts) {
            let Ok(ended) = text else { continue };
            if ended.stdout.is_empty() && ended.stderr.is_empty() {
                continue;
            }
            fs::write(of_node.join(name), ended.stdout + &ended.stderr)?;
            files += 1;
        }
    }
    Ok(files)
}
