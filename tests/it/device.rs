//! Where a model runs, as it is asked for.

use crate::cli::fails;
use crate::support::tiny_gguf::{Mix, Tiny};

#[test]
fn a_device_that_the_program_was_not_built_for() {
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("tiny.gguf");
    std::fs::write(&model, Tiny::new("qwen3", Mix::Quantised).bytes()).unwrap();
    for (device, feature) in [("cuda", "cuda"), ("cuda:1", "cuda"), ("metal", "metal")] {
        let args = ["chat", "--persona", "ray", "--model", model.to_str().unwrap(), "--device", device];
        let (code, told) = fails(home.path(), &args);
        assert_eq!(code, 3);
        assert!(told.contains(&format!("error: this program was built without {feature}")), "{told}");
        assert!(
            told.contains(&format!("hint: build it with `--features {feature}`, or leave --device away")),
            "{told}"
        );
    }
}
