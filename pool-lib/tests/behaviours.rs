//! The behaviours that a pool promises, by name: each is a test, or a module of tests, of exactly that name.
//!
//! Must not know what the tests do: it reads them as text.

use std::fs;
use std::path::{Path, PathBuf};

const BEHAVIOURS: &str = "
    apply_returns_value map_equals_serial starmap_unpacks_tuples empty_input_returns_at_once
    fewer_items_than_workers uneven_chunks explicit_chunk_size_same_result chunk_size_zero_rejected
    zero_processes_rejected runs_in_other_processes sleeps_overlap
    default_size_respects_affinity_and_quota

    imap_ordered_and_ends_once imap_unordered_same_multiset slow_first_item_not_overtaken
    slow_first_item_overtaken_in_imap_unordered infinite_source_take_five source_panics_first
    source_panics_in_middle next_timeout_then_next drop_early_frees_workers exact_size_where_known

    wait_timeout_then_wait join_handles_in_any_order dropped_handle_documented cancel_queued
    cancel_running_kills_only_it many_threads_submit nested_pool_in_a_task
    future_without_a_runtime

    panic_message_location_backtrace panic_keeps_the_worker error_names_index_and_pid
    encode_failure_fails_one_task decode_failure_fails_one_task lowest_index_error_wins
    fail_fast_cancels_the_rest returned_err_is_a_value

    sigkill_running_blames_one_task sigkill_idle_blames_none segv_abort_exit0_exit42_told_apart
    stack_overflow die_decoding_argument die_encoding_result mid_frame die_during_big_transfer
    rest_of_chunk_survives retries_then_gives_up no_retry_after_panic_by_default
    poison_task_does_not_drain_the_pool die_before_hello crash_loop_backs_off fork_server_killed

    timeout_kills_only_that_task timeout_inside_chunk timeout_does_not_shrink_the_pool
    ignores_sigterm_still_dies max_tasks_per_worker_changes_pids recycle_by_memory
    initializer_runs_once_per_worker initializer_failure_is_an_error_not_a_loop

    close_drains terminate_discards_ten_thousand_queued submit_after_close_is_an_error join_twice_ok
    drop_leaves_nothing drop_while_unwinding drop_with_ten_thousand_running_and_queued
    parent_sigkill_leaves_no_worker ctrl_c_once_drains_twice_kills two_pools_do_not_meet

    println_in_worker_harmless captured_output_tagged stdin_is_null no_descriptor_inherited
    ten_thousand_tasks_at_ulimit_64 payload_sizes function_from_dylib_refused
    forgotten_init_refused shared_sent_once_per_worker blob_not_copied
";

/// The text of every test of this crate, but for this one.
fn tests() -> String {
    let mut text = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(file!().rsplit('/').next().unwrap()) {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

/// A function, a module, or a scenario in a table.
fn is_tested(name: &str, tests: &str) -> bool {
    let forms = ["fn {}(", "mod {} {", "(\"{}\",", "(\"{}::"];
    forms.iter().any(|form| tests.contains(&form.replace("{}", name)))
}

#[test]
fn every_behaviour_has_its_test() {
    let tests = tests();
    let untested: Vec<_> =
        BEHAVIOURS.split_whitespace().filter(|name| !is_tested(name, &tests)).collect();
    assert!(untested.is_empty(), "no test is called {untested:?}");
}

#[test]
fn a_behaviour_without_a_test_is_noticed() {
    let tests = "fn one(method) mod two { (\"three\", run), (\"four::idle\", run), // five\n fn five_and_more(";
    for name in ["one", "two", "three", "four"] {
        assert!(is_tested(name, tests), "{name}");
    }
    for name in ["on", "five", "idle", "run"] {
        assert!(!is_tested(name, tests), "{name}");
    }
}
