// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/study_controller.h"

#include <QLabel>
#include <QWidget>

#include <array>
#include <optional>

namespace ketscope {

// One measure at the four scopes; empty where it has no meaning. Line: the query's row or the key's column.
struct MetricRow {
    enum Scope { Cell, Line, Head, Patched, kScopes };
    QString title;
    std::array<std::optional<double>, kScopes> values;
    std::array<std::optional<double>, kScopes> errors = {};  // one standard error, where known
};

std::vector<MetricRow> metricRows(const Readings& readings);
QStringList scopeTitles(AttentionDirection direction);
// Tab-separated, with a header line; a column of standard errors after each scope that has any.
QString metricsAsText(const std::vector<MetricRow>& rows, AttentionDirection direction);

// B against A for the selected cell, query and head and for all patched heads.
class MetricsTable : public QWidget {
    Q_OBJECT

public:
    MetricsTable(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    const std::vector<MetricRow>& rows() const { return m_rows; }
    QString asText() const { return metricsAsText(m_rows, direction()); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    AttentionDirection direction() const;
    bool showsErrors() const;
    double columnPixels(int scope) const;
    void refresh();
    void paintValue(QPainter& painter, const MetricRow& row, int scope, const QRectF& place) const;
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

private:
    void refreshNote(const StudyController& controller, const MetricsTable& table);

    QLabel* m_note;
};

}  // namespace ketscope
