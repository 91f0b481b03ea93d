// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/study_controller.h"

#include <QWidget>

#include <array>
#include <optional>

namespace ketscope {

// One measure at the four scopes; empty where it has no meaning.
struct MetricRow {
    enum Scope { Cell, Query, Head, Patched, kScopes };
    QString title;
    std::array<std::optional<double>, kScopes> values;
};

std::vector<MetricRow> metricRows(const Readings& readings);
// Tab-separated, with a header line.
QString metricsAsText(const std::vector<MetricRow>& rows);

// B against A for the selected cell, query and head and for all patched heads.
class MetricsTable : public QWidget {
    Q_OBJECT

public:
    MetricsTable(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    const std::vector<MetricRow>& rows() const { return m_rows; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();
    void paintRow(QPainter& painter, const MetricRow& row, const QRectF& line) const;
    QRectF columnOf(const QRectF& line, int scope) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    std::vector<MetricRow> m_rows;
};

// The table under its title, with the explanation below.
class MetricsPanel : public QWidget {
    Q_OBJECT

public:
    MetricsPanel(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);
};

}  // namespace ketscope
