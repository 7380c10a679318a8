use signet_core::path::{PathReport, Report};

/// One path, named by what it goes through: a number would be another path's at another moment, in
/// another profile or with other certificates at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route(Vec<String>);

impl Route {
    /// SHA-256 of each certificate, anchor first.
    pub(crate) fn of(path: &PathReport) -> Self {
        let certificates = path.certificates.iter();
        Self(
            certificates
                .map(|it| it.identity.sha256().to_owned())
                .collect(),
        )
    }

    /// Its number in a report, if it stands there.
    pub(crate) fn in_report(&self, report: &Report) -> Option<usize> {
        report.paths.iter().position(|path| self.is(path))
    }

    fn is(&self, path: &PathReport) -> bool {
        let certificates = path.certificates.iter();
        certificates.map(|it| it.identity.sha256()).eq(&self.0)
    }
}

/// The number of the path that is shown and given out: the chosen one, or else the nearest.
pub(crate) fn shown(chosen: Option<&Route>, report: &Report) -> Option<usize> {
    let chosen = chosen.and_then(|route| route.in_report(report));
    chosen.or(report.nearest)
}

#[cfg(test)]
mod tests {
    use signet_core::UnixTime;

    use super::*;
    use crate::bench::verdict::samples::{self, CROSS};

    const NOW: UnixTime = UnixTime(1_800_000_000);

    #[test]
    fn a_chosen_path_is_found_again_whatever_its_number() {
        let places = samples::places(CROSS);
        let report = samples::judge(&places, NOW);
        assert!(report.paths.len() >= 2);
        for (index, path) in report.paths.iter().enumerate() {
            let route = Route::of(path);
            assert_eq!(shown(Some(&route), &report), Some(index));
            let mut turned = report.clone();
            turned.paths.reverse();
            let last = report.paths.len() - 1;
            assert_eq!(shown(Some(&route), &turned), Some(last - index));
        }
    }

    #[test]
    fn without_it_the_nearest_is_shown() {
        let report = samples::judge(&samples::places(CROSS), NOW);
        assert_eq!(shown(None, &report), report.nearest);
        let other = report.nearest.map_or(0, |nearest| 1 - nearest.min(1));
        let route = Route::of(&report.paths[other]);
        let mut without = report.clone();
        without.paths.remove(other);
        without.nearest = Some(0);
        assert_eq!(route.in_report(&without), None);
        assert_eq!(shown(Some(&route), &without), Some(0));
    }
}
