//! A statement that runs: apart from whoever takes its rows, so that it can be stopped, and holds nothing once it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

use crate::failure::Refusal;
use crate::queue::Ticket;

/// Batches that may wait for their reader.
const BATCHES_WAITING: usize = 1;

/// What ends a statement from outside: its client's word, or its time.
#[derive(Clone)]
pub struct Stop {
    cancelled: watch::Receiver<bool>,
    deadline: Instant,
    /// Counts the times at which the process held too much.
    pressure: watch::Receiver<u64>,
}

/// The client's end of it.
pub type Canceller = watch::Sender<bool>;

impl Stop {
    pub fn new(time: Duration, mut pressure: watch::Receiver<u64>) -> (Canceller, Self) {
        let (canceller, cancelled) = watch::channel(false);
        // What was before it is not its own.
        pressure.mark_unchanged();
        (canceller, Self { cancelled, deadline: Instant::now() + time, pressure })
    }

    /// Waits until the statement has to end, and says why.
    pub async fn wait(mut self) -> Refusal {
        tokio::select! {
            // A client that is gone has no use for the rows either.
            _ = self.cancelled.wait_for(|cancelled| *cancelled) => Refusal::cancelled(),
            () = tokio::time::sleep_until(self.deadline) => Refusal::late(),
            Ok(()) = self.pressure.changed() => {
                Refusal::new("53200", "the server holds as much memory as it may, and stopped what was running")
            }
        }
    }

    /// Does work until it is done or has to end.
    pub async fn or<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        tokio::select! {
            biased;
            refusal = self.clone().wait() => Err(refusal),
            done = work => done,
        }
    }
}

/// The batches of a statement that runs. Dropping it stops it.
pub struct Running {
    batches: mpsc::Receiver<RecordBatch>,
    failed: Arc<Mutex<Option<Refusal>>>,
    /// None once it is known how it ended.
    task: Option<JoinHandle<()>>,
    abort: AbortHandle,
}

impl Running {
    /// Starts a plan on a runtime of its own. Its turn, its memory and its files are given back when it has ended,
    /// whether or not anybody took its rows.
    pub fn start(
        runtime: &Handle,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        stop: Stop,
        ticket: Ticket,
    ) -> Result<Self, Refusal> {
        let plan = pausing(plan)?;
        let (sender, batches) = mpsc::channel(BATCHES_WAITING);
        let failed = Arc::new(Mutex::new(None));
        let slot = failed.clone();
        let work = async move {
            let _ticket = ticket;
            let _inside = context.clone();
            let produced = async {
                let mut rows = execute_stream(plan, context).map_err(Refusal::from)?;
                while let Some(batch) = rows.next().await {
                    if sender.send(batch.map_err(Refusal::from)?).await.is_err() {
                        break;
                    }
                }
                Ok(())
            };
            if let Err(refusal) = stop.or(produced).await {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
            }
        };
        let task = runtime.spawn(work);
        Ok(Self { batches, failed, abort: task.abort_handle(), task: Some(task) })
    }

    /// The next batch with rows in it; none at the end.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, Refusal> {
        loop {
            let batch = self.batches.recv().await;
            // What was made before it was stopped is not sent any more.
            if let Some(refusal) = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                return Err(refusal);
            }
            match batch {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => return Ok(Some(batch)),
                None => return self.ended().await.map(|()| None),
            }
        }
    }

    /// How it ended: the channel closes a moment before the task has said so.
    async fn ended(&mut self) -> Result<(), Refusal> {
        let joined = match self.task.take() {
            Some(task) => task.await,
            None => Ok(()),
        };
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (failed, joined) {
            (Some(refusal), _) => Err(refusal),
            (None, Ok(())) => Ok(()),
            (None, Err(_)) => Err(Refusal::internal("the statement failed")),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Joins that multiply rows make them without a pause, and a task can only be stopped in one: they get some.
pub fn pausing(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let pause = |plan: Arc<dyn ExecutionPlan>| {
        let multiplies = plan.is::<CrossJoinExec>() || plan.is::<NestedLoopJoinExec>();
        Ok(if multiplies {
            Transformed::yes(Arc::new(CooperativeExec::new(plan)) as _)
        } else {
            Transformed::no(plan)
        })
    };
    plan.transform_up(pause).data()
}
