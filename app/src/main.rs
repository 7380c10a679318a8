//! The page's entry point.

fn main() {
    signet_app::start();
}
