//! What a person reads after `station init`.

use std::path::Path;

use anyhow::{Result, anyhow};
use sha2::{Digest, Sha256};
use signet_core::dps::API_VERSION;

use crate::{files, namespace, random};

/// What was made in a folder, what of it belongs into a recipe, and what to do next.
///
/// # Errors
///
/// If there is no station in the folder.
pub fn introduce(data: &Path) -> Result<String> {
    let description = namespace::describe(data)?;
    let pem = std::fs::read(namespace::root_path(data))?;
    let (_, root) = pem_rfc7468::decode_vec(&pem).map_err(|error| anyhow!(error))?;
    let root = random::to_hex(&Sha256::digest(&root));
    let scope = &description.id_scope;
    let policies: Vec<_> = description
        .policies
        .iter()
        .map(|policy| format!("{} ({} days)", policy.name, policy.validity_days))
        .collect();
    let (policies, group) = (policies.join(", "), &description.relay_group);
    let folder = data.display();
    let own = files::shown(data);
    Ok(format!(
        "A station is ready in {folder}

  ID scope    {scope}
  root        {root}
              SHA-256 of {folder}/ca/root.pem, which a hub has to trust
  policies    {policies}
  enrollment  group {group}; its symmetric keys are in {folder}/enrollments.json

Into the recipe, so that its boards register here and accept nothing else:

  \"endpoint\": {{ \"url\": \"/dps\", \"idScope\": \"{scope}\", \"apiVersion\": \"{API_VERSION}\" }},
  \"attestation\": {{ \"kind\": \"relay\" }},
  \"issued\": {{ \"rootSha256\": [\"{root}\"], \"validityDays\": [1, 90] }}

Next:  station serve --page dist --data {own}
       (a whole recipe to start from is then at /recipe.json)
"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_recipe_needs() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("my station");
        assert!(introduce(&data).is_err());
        crate::init(&data).unwrap();
        let said = introduce(&data).unwrap();
        let scope = namespace::describe(&data).unwrap().id_scope;
        assert!(
            said.contains(&format!("\"idScope\": \"{scope}\"")),
            "{said}"
        );
        assert!(
            said.contains("my station'"),
            "the folder can be pasted: {said}"
        );
        let parts = said.split("Into the recipe").nth(1).unwrap();
        let json: String = parts
            .lines()
            .filter(|line| line.starts_with("  \""))
            .collect();
        let value: serde_json::Value = serde_json::from_str(&format!("{{{json}}}")).unwrap();
        assert_eq!(value["issued"]["rootSha256"][0].as_str().unwrap().len(), 64);
    }
}
