// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/control_commands.h"

#include "ui/controls/controls.h"
#include "ui/controls/popover.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QPointer>
#include <QRadioButton>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString plain(QString text) { return text.remove(u'&').remove(u"…"_s).simplified(); }

template <typename Ancestor> const Ancestor* ancestor(const QWidget& widget)
{
    for (const QWidget* each = widget.parentWidget(); each != nullptr; each = each->parentWidget())
        if (const auto* found = qobject_cast<const Ancestor*>(each))
            return found;
    return nullptr;
}

// The title of the dock's section that a control is in; empty elsewhere.
QString sectionOf(const QWidget& control)
{
    const auto* section = ancestor<Section>(control);
    if (section == nullptr)
        return {};
    for (const auto* label : section->findChildren<QLabel*>())
        if (label->property("role") == u"title"_s)
            return label->text();
    return {};
}

QString nameOf(const QWidget& control)
{
    if (!control.accessibleName().isEmpty())
        return plain(control.accessibleName());
    const auto* button = qobject_cast<const QAbstractButton*>(&control);
    return button == nullptr ? QString() : plain(button->text());
}

// Whether it can be used once `root` is shown. A popover's content can be while its button is.
bool isUsable(const QWidget& control, const QWidget& root)
{
    if (!control.isEnabled())
        return false;
    const auto* popover = ancestor<Popover>(control);
    if (popover == nullptr)
        return control.isVisibleTo(&root);
    const QWidget* button = popover->parentWidget();
    return button->isVisibleTo(&root) && button->isEnabled() && control.isVisibleTo(popover);
}

class Collector {
public:
    Collector(const QString& group, const std::function<void()>& show, std::vector<Command>& all)
        : m_group(group), m_show(show), m_all(all)
    {
    }

    void add(QWidget& control)
    {
        const QString name = nameOf(control);
        if (auto* segment = qobject_cast<Segment*>(&control))
            return addSegment(*segment, name);
        if (auto* box = qobject_cast<QComboBox*>(&control))
            return addItems(*box, name);
        if (auto* button = qobject_cast<QAbstractButton*>(&control)) {
            if (ancestor<Segment>(*button) == nullptr && button->objectName() != u"explain"_s)
                offer(name, *button, [button] { button->click(); });
            return;
        }
        const bool isValue = qobject_cast<QAbstractSpinBox*>(&control) != nullptr
                             || qobject_cast<QAbstractSlider*>(&control) != nullptr
                             || (qobject_cast<QLineEdit*>(&control) != nullptr
                                 && qobject_cast<QAbstractSpinBox*>(control.parentWidget()) == nullptr);
        if (isValue && !name.isEmpty() && ancestor<Popover>(control) == nullptr
            && qobject_cast<QScrollBar*>(&control) == nullptr)
            offer(QObject::tr("Set %1").arg(name), control, [at = &control] { at->setFocus(Qt::ShortcutFocusReason); });
    }

private:
    void addSegment(Segment& segment, const QString& name)
    {
        for (QAbstractButton* button : segment.findChildren<QAbstractButton*>())
            if (button->isEnabled() && button->isVisibleTo(&segment))
                offer(joined(name, nameOf(*button)), *button, [button] { button->click(); });
    }

    void addItems(QComboBox& box, const QString& name)
    {
        for (int index = 0; index < box.count(); ++index)
            if (box.model()->flags(box.model()->index(index, box.modelColumn())).testFlag(Qt::ItemIsEnabled))
                offer(joined(name, box.itemText(index)), box, [at = &box, index] {
                    at->setCurrentIndex(index);
                    emit at->activated(index);
                });
    }

    static QString joined(const QString& name, const QString& choice)
    {
        return name.isEmpty() ? choice : name + u": "_s + choice;
    }

    void offer(const QString& title, const QWidget& control, const std::function<void()>& act)
    {
        const QString section = sectionOf(control);
        const QString group = section.isEmpty() ? m_group : section;
        const bool known = std::ranges::any_of(m_all, [&](const Command& each) { return each.title == title; });
        if (title.isEmpty() || known)
            return;
        m_all.push_back({title, group, {}, [show = m_show, act, alive = QPointer(&control)] {
                             show();
                             if (alive && alive->isEnabled())
                                 act();
                         }});
    }

    const QString& m_group;
    const std::function<void()>& m_show;
    std::vector<Command>& m_all;
};

}  // namespace

void addControlCommands(QWidget& root, const QString& group, const std::function<void()>& show,
                        std::vector<Command>& all)
{
    Collector collector(group, show, all);
    for (QWidget* control : root.findChildren<QWidget*>())
        if (isUsable(*control, root))
            collector.add(*control);
}

}  // namespace ketscope
