//! A man in the middle of TCP connections, who cuts or holds what comes back.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Forwards connections, and does to what comes back as he was told.
pub(crate) struct Middle {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    order: Mutex<Option<Order>>,
    /// Of the last connection.
    back: Mutex<Arc<AtomicUsize>>,
}

#[derive(Clone, Copy)]
struct Order {
    after: usize,
    what: What,
    once: bool,
}

#[derive(Clone, Copy)]
enum What {
    Cut,
    Hold,
}

impl Middle {
    pub(crate) fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<Shared>::default();
        let given = Arc::clone(&shared);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(target).unwrap());
                let (near_in, far_out) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                let order = given.take();
                let count = given.count_anew();
                thread::spawn(move || forth(near_in, far_out));
                thread::spawn(move || back(far, near, order, &count));
            }
        });
        Self { address, shared }
    }

    /// Bytes that came back on the last connection.
    pub(crate) fn back(&self) -> usize {
        let back = self.shared.back.lock();
        let back = back.unwrap_or_else(PoisonError::into_inner);
        back.load(Ordering::SeqCst)
    }

    /// Cuts each connection after that many bytes came back.
    pub(crate) fn cut_after(&self, after: usize) {
        self.order(after, What::Cut, false);
    }

    /// Cuts the next connection only.
    pub(crate) fn cut_once_after(&self, after: usize) {
        self.order(after, What::Cut, true);
    }

    /// Passes no more than that many bytes, and stays connected.
    pub(crate) fn hold_after(&self, after: usize) {
        self.order(after, What::Hold, false);
    }

    fn order(&self, after: usize, what: What, once: bool) {
        let mut order = self
            .shared
            .order
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *order = Some(Order { after, what, once });
    }
}

impl Shared {
    fn count_anew(&self) -> Arc<AtomicUsize> {
        let mut back = self.back.lock().unwrap_or_else(PoisonError::into_inner);
        *back = Arc::default();
        Arc::clone(&back)
    }

    fn take(&self) -> Option<Order> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = *order;
        order.take_if(|order| order.once);
        taken
    }
}

fn forth(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn back(mut from: TcpStream, mut to: TcpStream, order: Option<Order>, passed: &AtomicUsize) {
    let mut left = order.map_or(usize::MAX, |order| order.after);
    let mut buffer = [0; 4096];
    while left > 0 {
        let wanted = buffer.len().min(left);
        let Ok(count @ 1..) = from.read(&mut buffer[..wanted]) else {
            break;
        };
        // Before it is passed on: who has an answer finds it counted.
        passed.fetch_add(count, Ordering::SeqCst);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        left -= count;
    }
    if left == 0
        && matches!(
            order,
            Some(Order {
                what: What::Hold,
                ..
            })
        )
    {
        // Until the other side has had enough.
        let _ = from.read_to_end(&mut Vec::new());
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
